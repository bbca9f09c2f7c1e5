import { randomBytes } from 'node:crypto'
import { sign } from '../src/jwt/index.ts'
import type { SigningKey } from '../src/jwt/key.ts'

export type AccessClaims = Readonly<Record<string, string | number>>

/** What our access tokens say, which is what Simple JWT's say and the session: tokens of some 320 octets. */
export function accessClaims(): AccessClaims {
  const now = Math.floor(Date.now() / 1000)
  return {
    token_type: 'access',
    exp: now + 86_400,
    iat: now,
    jti: hex(),
    user_id: hex(),
    sid: hex(),
  }
}

const hex = (): string => randomBytes(16).toString('hex')

export const manyClaims = (count: number): readonly AccessClaims[] =>
  Array.from({ length: count }, accessClaims)

/** Tokens that are all different, each a text of its own as if it had just come in. */
export const manyTokens = (count: number, key: SigningKey): readonly string[] =>
  fresh(manyClaims(count).map((claims) => sign(claims, key)))

/** The same texts, elsewhere in memory: what is compared has to be read. */
export const fresh = (texts: readonly string[]): readonly string[] =>
  texts.map((text) => Buffer.from(text, 'latin1').toString('latin1'))
