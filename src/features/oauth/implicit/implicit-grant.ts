import { after } from '../../../base/clock.ts'
import { AuthError } from '../../../base/errors.ts'
import { hexId } from '../../../base/random.ts'
import type { SessionId } from '../../../sessions/session.ts'
import { isAllowed } from '../../../tokens/token-settings.ts'
import type { Account } from '../../../users/user.ts'
import type { Visitor } from '../../browser-sessions/visitor.ts'
import type { Core } from '../../core.ts'
import { issueAccessToken, type TokenAnswer } from '../access-token.ts'
import type { AuthorizationRequest } from '../authorization-request.ts'
import { newConsent } from '../consent-session.ts'
import { issuerOf, oauthSettings } from '../issuer.ts'
import { requireNoNamesake } from '../namesake.ts'
import { namedOrigin, subjectsOf } from '../pairwise/subjects.ts'
import { subjectOf } from '../user-tokens.ts'

/**
 * The address with an access token in its fragment (RFC 6749 §4.2.2). Its session ends with the token: there is no refresh token.
 *
 * @throws AuthError `no_active_account` if the user was changed meanwhile
 */
export async function addressWithToken(
  request: AuthorizationRequest,
  visitor: Visitor,
  core: Core,
): Promise<string> {
  const { client, scopes, audiences } = request
  const account = await accountOf(visitor, core)
  await requireNoNamesake(account.user, core)
  const subjects = await subjectsOf(client, core)
  const origin = namedOrigin(visitor.session, subjects)
  const consent = { client, scopes, audiences, account, origin }
  const id = hexId(core.random) as SessionId
  const unbound = { nonce: undefined, jkt: undefined }
  const opened = newConsent(id, { ...consent, ...unbound }, core)
  const expiresAt = after(core.clock(), oauthSettings(core).access)
  const subject = subjectOf(account, opened, origin, subjects, core)
  const grant = { client, scopes, audiences, subject, sessionId: id, jkt: undefined }
  const token = issueAccessToken(grant, core)
  await core.sessions?.open({ ...opened, expiresAt, idleExpiresAt: expiresAt })
  await core.audit.record({
    kind: 'consent_granted',
    userId: account.user.id,
    sessionId: id,
    detail: { client: client.id, scopes, implicit: true },
  })
  return addressOf(request, token, core)
}

/** @throws AuthError `no_active_account` */
async function accountOf({ user }: Visitor, core: Core): Promise<Account> {
  const account = await core.users.find('id', user.id)
  if (account === undefined || !isAllowed(account.user, core.tokens.settings))
    throw new AuthError('no_active_account')
  return account
}

function addressOf(
  { redirectUri, state }: AuthorizationRequest,
  { access_token, expires_in, token_type, scope }: TokenAnswer,
  core: Core,
): string {
  const fragment = new URLSearchParams({
    access_token,
    expires_in: String(expires_in),
    token_type,
    scope,
    ...(state !== undefined && { state }),
    iss: issuerOf(core),
  })
  return `${redirectUri}#${fragment}`
}
