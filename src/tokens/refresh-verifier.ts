import { type Awaitable, andThen } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { type Claims, type VerifierOptions, verifier } from '../jwt/index.ts'
import { headerClaims } from '../jwt/jws.ts'
import { REFRESH_TYP } from '../keys/refresh-keys.ts'
import type { TokenSettings } from './token-settings.ts'

type Verify = (token: string) => Awaitable<Claims>

/**
 * Beginning of the header of every HMAC token that this package signs: `headerOf` writes `alg` first. The last base64url character is
 * cut because it also encodes the next byte.
 */
const HMAC_HEADER = Buffer.from('{"alg":"HS').toString('base64url').slice(0, -1)

/**
 * Verifies HMAC-signed refresh tokens, and passes every other token to `others`. The two kinds share no key and no algorithm, and an
 * HMAC-signed token is a refresh token or invalid, also if its claims say otherwise.
 */
export function withRefreshTokens(
  others: Verify,
  options: VerifierOptions,
  settings: Pick<TokenSettings, 'typeClaim'>,
): Verify {
  const refreshTokens = refreshVerifier(options, settings)
  return (token) => (token.startsWith(HMAC_HEADER) ? refreshTokens(token) : others(token))
}

/** @returns a function that throws AuthError `wrong_type` if header or claims are not those of a refresh token */
function refreshVerifier(
  options: VerifierOptions,
  { typeClaim }: Pick<TokenSettings, 'typeClaim'>,
): Verify {
  const { verify } = verifier({ ...options, types: [REFRESH_TYP] })
  /** The last accepted header, with its dot: it is not parsed again. */
  let lastHeader = '.'
  const requireRefreshToken = (token: string, claims: Claims): Claims => {
    if (claims[typeClaim] !== 'refresh') throw wrongType()
    if (token.startsWith(lastHeader)) return claims
    // A verifier accepts a header without a type.
    if (headerClaims(token).typ !== REFRESH_TYP) throw wrongType()
    lastHeader = token.slice(0, token.indexOf('.') + 1)
    return claims
  }
  return (token) => andThen(verify(token), (claims) => requireRefreshToken(token, claims))
}

/** The detail is that of any invalid token: Simple JWT says "wrong type" only of the claim. */
const wrongType = (): AuthError =>
  new AuthError(
    'wrong_type',
    'the token has the header of a refresh token, but token_type is not refresh',
    {
      detail: 'Token is invalid',
    },
  )
