import { createHash, createPrivateKey, randomUUID } from 'node:crypto'
import type { Algorithm } from '../../src/jwt/algorithms.ts'
import { generateKey, importSigningKey, thumbprintOf } from '../../src/jwt/index.ts'

/** What a proof says; members that are `undefined` are left out. */
export interface ProofParts {
  readonly method?: string
  readonly url: string
  readonly now: number
  readonly accessToken?: string
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
}

export const encoded = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

export const athOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

/** The key of a client, which makes proofs. */
export function proofKeyPair(alg: Algorithm = 'ES256') {
  const { privatePem, publicJwk } = generateKey(alg)
  const signing = importSigningKey(alg, privatePem)
  const { kty, crv, x, y, n, e } = publicJwk
  const jwk: Record<string, string> = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }))
  return {
    jwk,
    privateJwk: createPrivateKey(privatePem).export({ format: 'jwk' }),
    jkt: thumbprintOf(jwk),
    /** In base64url. */
    sign: (text: string): string => signing.sign(text),
    proof({
      method = 'POST',
      url,
      now,
      accessToken,
      claims,
      header,
    }: ProofParts): string {
      const head = encoded({ typ: 'dpop+jwt', alg, jwk, ...header })
      const payload = encoded({
        jti: randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(now),
        ...(accessToken !== undefined && { ath: athOf(accessToken) }),
        ...claims,
      })
      return `${head}.${payload}.${signing.sign(`${head}.${payload}`)}`
    },
  }
}
