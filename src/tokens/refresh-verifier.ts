import { type Awaitable, andThen } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { type Claims, type VerifierOptions, verifier } from '../jwt/index.ts'
import { headerClaims } from '../jwt/jws.ts'
import { REFRESH_TYP } from '../keys/refresh-keys.ts'
import type { TokenSettings } from './token-settings.ts'

type Verify = (token: string) => Awaitable<Claims>

/** How the header begins of every token that HMAC signs: `{"alg":"HS`, of which base64url encodes whole groups of six bits. */
const HMAC_HEADER = Buffer.from('{"alg":"HS').toString('base64url').slice(0, -1)

/**
 * Adds refresh tokens that HMAC signs to the tokens that `others` verifies. The two sorts have no key and no algorithm in common, and a
 * token of the first is a refresh token or invalid, whatever its claims say.
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
  /** The last header with the type, with its dot. */
  let known = '.'
  const requireRefreshToken = (token: string, claims: Claims): Claims => {
    if (claims[typeClaim] !== 'refresh') throw wrongType()
    if (token.startsWith(known)) return claims
    // A verifier accepts a header without a type.
    if (headerClaims(token).typ !== REFRESH_TYP) throw wrongType()
    known = token.slice(0, token.indexOf('.') + 1)
    return claims
  }
  return (token) => andThen(verify(token), (claims) => requireRefreshToken(token, claims))
}

/** The detail is that of any other token that is not ours: Simple JWT's clients know "wrong type" for the claim alone. */
const wrongType = (): AuthError =>
  new AuthError('wrong_type', 'the secret of refresh tokens signs no other token', {
    detail: 'Token is invalid',
  })
