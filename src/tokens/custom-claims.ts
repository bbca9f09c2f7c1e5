import type { UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { described, strictJson, tagOf } from '../base/json-value.ts'
import { listIf } from '../base/optional.ts'
import { claimFault } from '../jwt/claims.ts'
import type { Claims } from '../jwt/index.ts'
import { parseObject } from '../jwt/json.ts'
import type { User } from '../users/user.ts'
import { namesUserByField, type TokenSettings } from './token-settings.ts'

/**
 * What the option `tokens.claims` adds to the tokens of a user, as JSON holds it.
 *
 * @returns `undefined` without the option
 * @throws AuthError `server_error` with the name of the first claim that cannot be in a token
 */
export async function customClaims(
  user: User,
  settings: TokenSettings,
): Promise<Claims | undefined> {
  if (settings.claims === undefined) return undefined
  const returned: unknown = await settings.claims(user)
  if (tagOf(returned) !== 'Object')
    throw claimsError(
      `The function "tokens.claims" must return an object of claims, or a promise of one, and returned ${described(returned)}.`,
    )
  const claims = encodedClaims(returned as object, settings)
  rejectReserved(claims, settings)
  // Every moment is past the last one, so that an `nbf` in the future is no fault.
  if (claimFault(claims, ANY, LAST_MOMENT) !== undefined)
    throw claimsError(
      'The function "tokens.claims" returned a registered claim of another type than RFC 7519 gives it: "sub" must be a string, and "nbf" a number of seconds.',
    )
  return claims
}

const ANY = { issuer: undefined, audiences: undefined, leeway: 0 as never }
const LAST_MOMENT = 253_402_300_799 as UnixSeconds

/** The claims as JSON holds them. @throws AuthError `server_error` with the name of the first that it cannot hold */
function encodedClaims(claims: object, { encode }: TokenSettings): Claims {
  const refuse = (name: string, found: string): AuthError =>
    claimsError(
      `The claim "${name}" of "tokens.claims" has ${found}, which JSON cannot hold. Return a string, a finite number, a boolean, null, a list or a plain object.`,
    )
  return parsedClaims(() => strictJson(claims, { encode, refuse }))
}

/** Reads the claims as the verifier will read them. */
function parsedClaims(stringify: () => string): Claims {
  try {
    return parseObject(new TextEncoder().encode(stringify()))
  } catch (error) {
    if (error instanceof AuthError && error.code === 'server_error') throw error
    throw claimsError(
      `A claim of "tokens.claims" cannot be read again: it contains itself, has more than 64 levels, half of a surrogate pair, or a member "__proto__".`,
      error,
    )
  }
}

const claimsError = (message: string, cause?: unknown): AuthError =>
  new AuthError('server_error', message, { cause })

function rejectReserved(claims: Claims, settings: TokenSettings): void {
  const reserved = [
    ...listIf(namesUserByField(settings), 'ww_uid'),
    'sid',
    'act',
    'client_id',
    'cnf',
    ...listIf(settings.signInClaims, 'auth_time', 'amr', 'acr'),
    'aud',
    'iss',
    settings.userIdClaim,
    settings.revokeClaimName,
    ...settings.kinds.flatMap((kind) => kind.claims),
  ]
  for (const name of Object.keys(claims)) {
    if (isPerToken(name, settings) || reserved.includes(name))
      throw claimsError(
        `The function "tokens.claims" must not set the claim "${name}": it is reserved. Choose another name.`,
      )
  }
}

/** Claims of one token, which are never copied to another. */
export const isPerToken = (
  name: string,
  settings: Pick<TokenSettings, 'typeClaim' | 'jtiClaim'>,
): boolean =>
  name === 'exp' ||
  name === 'iat' ||
  name === 'jti' ||
  name === 'gen' ||
  name === settings.typeClaim ||
  name === settings.jtiClaim
