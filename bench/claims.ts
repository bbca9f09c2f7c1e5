import { randomBytes } from 'node:crypto'
import { sign } from '../src/jwt/index.ts'
import type { SigningKey } from '../src/jwt/key.ts'

export type AccessClaims = Readonly<Record<string, string | number>>

/** The claims of our access tokens: Simple JWT's and the session id. The tokens have about 320 bytes. */
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

/** Different tokens, each a string in memory of its own, as from a request. */
export const manyTokens = (count: number, key: SigningKey): readonly string[] =>
  fresh(manyClaims(count).map((claims) => sign(claims, key)))

/** Copies of the strings, so that a comparison must read them. */
export const fresh = (texts: readonly string[]): readonly string[] =>
  texts.map((text) => Buffer.from(text, 'latin1').toString('latin1'))
