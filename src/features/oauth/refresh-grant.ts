import { AuthError } from '../../base/errors.ts'
import type { Claims } from '../../jwt/index.ts'
import { jktIn } from '../../proofs/binding.ts'
import { isGranted } from '../../sessions/rotate.ts'
import { subjectAgain } from '../../tokens/claims.ts'
import { type PresentedToken, sessionOf } from '../../tokens/session-of-token.ts'
import { accountOf, hasType, requireJti } from '../../tokens/user-of-token.ts'
import { verifyRefresh } from '../../tokens/verify-refresh.ts'
import type { User } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { requireSameKey } from './dpop/token-key.ts'
import type { TokenRequest } from './grant.ts'
import { mayStill, narrowed, narrowedAudiences } from './grant-request.ts'
import { askedIn, signInFactsIn } from './id-token.ts'
import { oauthSettings } from './issuer.ts'
import { subjectsOf } from './pairwise/subjects.ts'
import type { Parameters } from './parameters.ts'
import { subjectIn, type UserTokenAnswer, userTokens } from './user-tokens.ts'

/**
 * Exchanges a refresh token by the rotation that first-party tokens have: concurrent requests get the same successor, and reuse revokes
 * the session. Everything else is checked first, so that a failed request does not consume the token.
 */
export async function exchangeRefreshToken(
  { parameters, client, jkt }: TokenRequest,
  core: Core,
): Promise<UserTokenAnswer> {
  const token = parameters.require('refresh_token')
  const claims = await asGrantError(() => verifyRefresh(token, core.tokens))
  const presented = presentedBy(claims, client, core)
  requireSameKey(jktIn(claims), jkt)
  const granted = grantedIn(claims)
  // Its session is revoked after the application was changed: this closes the time between.
  if (!mayStill(granted, client, core)) throw new AuthError('invalid_grant')
  const scopes = narrowedScopes(parameters, granted)
  const audiences = narrowedAudiences(
    parameters.resource,
    granted.audiences,
    client,
    core,
  )
  const account = await asGrantError(() => accountOf(claims, core.tokens))
  if (account === undefined) throw new AuthError('invalid_grant')
  await requireSameName(claims, client, account.user, core)
  const now = core.clock()
  const { refresh } = oauthSettings(core)
  const outcome = await presented.sessions.rotate(presented, now, refresh)
  if (!isGranted(outcome))
    throw new AuthError('invalid_grant', `the refresh token is refused: ${outcome.kind}`)
  const { session } = outcome
  const subject = subjectAgain(
    subjectIn(claims),
    undefined,
    undefined,
    session,
    core.tokens,
  )
  const grant = { client, scopes, audiences, subject, session, jkt }
  const signIn = signInFactsIn(claims.sign_in)
  const asked = askedIn(claims.sign_in)
  return userTokens({ ...grant, signIn, asked, user: account.user }, granted, core)
}

/** Turns every error of a token into `invalid_grant` (RFC 6749 §5.2). */
async function asGrantError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AuthError && error.status === 401)
      throw new AuthError('invalid_grant', error.message, { cause: error })
    throw error
  }
}

/** @throws AuthError `invalid_grant` if it is not a refresh token of the application */
function presentedBy(
  claims: Claims,
  client: StoredClient,
  { tokens }: Core,
): PresentedToken {
  const isOwn =
    hasType(claims, 'refresh', tokens.settings) && claims.client_id === client.id
  if (!isOwn)
    throw new AuthError(
      'invalid_grant',
      'the refresh token was issued to another application',
    )
  const presented = sessionOf(claims, requireJti(claims, tokens.settings), tokens)
  if (presented === undefined || presented.foreign) throw new AuthError('invalid_grant')
  return presented
}

/**
 * An application that got other names for users since must not get tokens with the former ones (OpenID Connect Core 1.0 §12.2).
 *
 * @throws AuthError `invalid_grant`
 */
async function requireSameName(
  { sub }: Claims,
  client: StoredClient,
  { id }: User,
  core: Core,
): Promise<void> {
  const subjects = await subjectsOf(client, core)
  if (subjects.of(id) === sub) return
  throw new AuthError('invalid_grant', 'the application names its users otherwise now')
}

interface Granted {
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
}

// `userTokens` has signed them.
const grantedIn = ({ scope, resource }: Claims): Granted => ({
  scopes: String(scope).split(' ').filter(Boolean),
  audiences: resource as readonly string[],
})

function narrowedScopes(parameters: Parameters, { scopes }: Granted): readonly string[] {
  const scope = parameters.get('scope')
  if (scope === undefined) return scopes
  return narrowed(scope, scopes)
}
