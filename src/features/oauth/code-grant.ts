import { hash, timingSafeEqual } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { SessionId, StoredSession } from '../../sessions/session.ts'
import { isAllowed } from '../../tokens/token-settings.ts'
import type { Account } from '../../users/user.ts'
import type { StoredCode } from '../codes/code.ts'
import { linkDigest } from '../codes/digest.ts'
import { codeStore } from '../codes/sql.ts'
import type { Core } from '../core.ts'
import { loginOf } from './backchannel/new-login.ts'
import type { StoredClient } from './client.ts'
import { firstTokens, newConsent } from './consent-session.ts'
import { requireSameKey } from './dpop/token-key.ts'
import type { TokenRequest } from './grant.ts'
import type { CodeGrant } from './grant-code.ts'
import { mayStill, narrowedAudiences } from './grant-request.ts'
import { requireNoNamesake } from './namesake.ts'
import { invalidRequest } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import { isRegistered } from './redirect-uri.ts'
import { clientStore } from './sql.ts'
import type { UserTokenAnswer } from './user-tokens.ts'

/** Exchanges an authorization code for tokens (RFC 6749 §4.1.3). Everything is checked first, so that a failed request does not consume the code. */
export async function exchangeCode(
  { parameters, client, jkt }: TokenRequest,
  core: Core,
): Promise<UserTokenAnswer> {
  const presented = {
    purpose: 'oauth_code',
    form: 'link',
    target: undefined,
    digests: [linkDigest(parameters.require('code'), undefined)],
  } as const
  const code = await core.ports(codeStore).codes.find(presented)
  const granted = grantOf(code)
  if (code === undefined || granted?.client !== client.id)
    throw refused('the code is unknown or was issued to another application')
  const now = core.clock()
  if (code.redeemedAt !== undefined) return endReused(code, client, core)
  if (now >= code.expiresAt) throw refused('the code has expired')
  requireRegistered(granted, client, core)
  requireSameRedirect(parameters, granted)
  requireVerifier(parameters, granted)
  requireSameKey(granted.jkt, jkt)
  const { resource } = parameters
  const firstAudiences = narrowedAudiences(resource, granted.audiences, client, core)
  const browser = await liveBrowser(granted, now, core)
  const account = await accountOf(code, core)
  await requireNoNamesake(account.user, core)
  const grant = { ...granted, client, account, origin: browser, jkt, firstAudiences }
  const session = newConsent(sessionIdOf(code), grant, core)
  const answer = await firstTokens(session, grant, core)
  const { grants } = core.ports(clientStore)
  const login = await loginOf(session, client, core, granted.browser)
  const redeemed = await grants.redeem(presented, session, now, login)
  // A concurrent request redeemed it, or the user has changed.
  if (!redeemed) return endReused(code, client, core)
  await core.audit.record({
    kind: 'consent_granted',
    userId: account.user.id,
    sessionId: session.id,
    detail: { client: client.id, scopes: granted.scopes },
  })
  return answer
}

const refused = (message: string): AuthError => new AuthError('invalid_grant', message)

// Written by `issueAuthorizationCode` alone.
const grantOf = (code: StoredCode | undefined): CodeGrant | undefined =>
  code?.payload as CodeGrant | undefined

/** The session that a code opens has the id of the code. */
const sessionIdOf = ({ id }: StoredCode): SessionId => id as string as SessionId

/**
 * A code that is presented twice may have been stolen: the session that it opened is revoked (RFC 9700 §2.1.1).
 *
 * @throws AuthError `invalid_grant`
 */
async function endReused(
  code: StoredCode,
  client: StoredClient,
  core: Core,
): Promise<never> {
  const id = sessionIdOf(code)
  const ended = await core.sessions?.revoke(id, 'reuse', core.clock())
  if (ended === true)
    await core.audit.record({
      kind: 'reuse_detected',
      userId: code.user?.id,
      sessionId: id,
      detail: { client: client.id, code: true },
    })
  throw refused('the code was redeemed before')
}

/** The application may have been changed since the user agreed. @throws AuthError `invalid_grant` */
function requireRegistered(
  { redirectUri, scopes, audiences }: CodeGrant,
  client: StoredClient,
  core: Core,
): void {
  if (!isRegistered(redirectUri, client.redirectUris))
    throw refused('the redirect URI is not registered any more')
  if (!mayStill({ scopes, audiences }, client, core))
    throw refused('the application may not have these scopes or services any more')
}

/** It may be left out, since PKCE binds the code (OAuth 2.1). @throws AuthError `invalid_request` */
function requireSameRedirect(parameters: Parameters, { redirectUri }: CodeGrant): void {
  const given = parameters.get('redirect_uri')
  if (given !== undefined && given !== redirectUri)
    throw invalidRequest('Mismatching redirect URI.')
}

/** @throws AuthError `invalid_request` if it is missing, `invalid_grant` if it is wrong (RFC 7636 §4.6) */
function requireVerifier(parameters: Parameters, { challenge }: CodeGrant): void {
  const verifier = parameters.get('code_verifier')
  if (verifier === undefined) throw invalidRequest('Code verifier required.')
  const computed = hash('sha256', verifier, 'base64url')
  const isRight =
    /^[\w.~-]{43,128}$/.test(verifier) &&
    computed.length === challenge.length &&
    timingSafeEqual(Buffer.from(computed), Buffer.from(challenge))
  if (!isRight) throw refused('the code verifier is wrong')
}

/** The session in which the user has agreed. @throws AuthError `invalid_grant` if it has ended */
export async function liveBrowser(
  { browser }: Pick<CodeGrant, 'browser'>,
  now: UnixSeconds,
  { sessions }: Core,
): Promise<StoredSession> {
  const session = (await sessions?.find(browser))?.session
  if (session === undefined || session.revokedAt !== undefined)
    throw refused('the user has signed out')
  if (now >= session.expiresAt) throw refused('the session of the user has expired')
  return session
}

/** The user of a code. @throws AuthError `invalid_grant` if it may not sign in */
export async function accountOf({ user }: StoredCode, core: Core): Promise<Account> {
  const account = await core.users.find('id', user?.id ?? '')
  if (account === undefined || !isAllowed(account.user, core.tokens.settings))
    throw refused('the user was deleted or may not sign in')
  return account
}
