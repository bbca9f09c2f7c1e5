import { seconds } from '../../../base/clock.ts'
import { AuthError } from '../../../base/errors.ts'
import type { SessionId } from '../../../sessions/session.ts'
import type { Limit } from '../../../throttling/rate.ts'
import { keyOf } from '../../../throttling/throttle.ts'
import type { StoredCode } from '../../codes/code.ts'
import { linkDigest } from '../../codes/digest.ts'
import { codeStore } from '../../codes/sql.ts'
import type { Core } from '../../core.ts'
import { loginOf } from '../backchannel/new-login.ts'
import { accountOf, liveBrowser } from '../code-grant.ts'
import { firstTokens, newConsent } from '../consent-session.ts'
import type { TokenRequest } from '../grant.ts'
import { mayStill, narrowedAudiences } from '../grant-request.ts'
import { requireNoNamesake } from '../namesake.ts'
import { clientStore } from '../sql.ts'
import type { UserTokenAnswer } from '../user-tokens.ts'
import { INTERVAL } from './authorization.ts'
import {
  type DeviceGrant,
  presentedApproval,
  presentedRequest,
  requestOf,
} from './device-request.ts'

/**
 * Answers the poll of a device (RFC 8628 §3.4). Of concurrent polls after the approval one gets tokens.
 *
 * @throws AuthError `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`
 */
export async function exchangeDeviceCode(
  { parameters, client, jkt }: TokenRequest,
  core: Core,
): Promise<UserTokenAnswer> {
  const digest = linkDigest(parameters.require('device_code'), undefined)
  const { codes } = core.ports(codeStore)
  const asked = await codes.find(presentedRequest(digest))
  if (asked === undefined || requestOf(asked).client !== client.id)
    throw refused('the device code is unknown or of another application')
  if (asked.redeemedAt === undefined) throw await undecided(asked, core)
  const approval = await codes.find(presentedApproval(digest))
  if (approval === undefined) throw new AuthError('access_denied')
  return redeem(approval, { parameters, client, jkt }, core)
}

const refused = (message: string): AuthError => new AuthError('invalid_grant', message)

/** A second less than the interval: the network may delay one poll more than the next. */
const POLLS: Limit = { limit: 1, per: seconds(INTERVAL - 1) }

async function undecided(
  { id, expiresAt }: StoredCode,
  { hits, clock }: Core,
): Promise<AuthError> {
  const now = clock()
  if (now >= expiresAt) return new AuthError('expired_token')
  const poll = await hits.hit(keyOf('oauth_device_poll', id), POLLS, now)
  return new AuthError(poll.kind === 'full' ? 'slow_down' : 'authorization_pending')
}

async function redeem(
  approval: StoredCode,
  { parameters, client, jkt }: Omit<TokenRequest, 'request'>,
  core: Core,
): Promise<UserTokenAnswer> {
  const now = core.clock()
  if (approval.redeemedAt !== undefined)
    throw refused('the device code was redeemed before')
  if (now >= approval.expiresAt) throw new AuthError('expired_token')
  // Written by `approvalOf` alone.
  const granted = approval.payload as DeviceGrant
  const { resource } = parameters
  const firstAudiences = narrowedAudiences(resource, granted.audiences, client, core)
  const origin = await liveBrowser(granted, now, core)
  const account = await accountOf(approval, core)
  await requireNoNamesake(account.user, core)
  if (!mayStill(granted, client, core))
    throw refused('the application may not have these scopes or services any more')
  const consent = {
    ...granted,
    client,
    account,
    origin,
    jkt,
    firstAudiences,
    nonce: undefined,
  }
  const session = newConsent(approval.id as string as SessionId, consent, core)
  const answer = await firstTokens(session, consent, core)
  const { grants } = core.ports(clientStore)
  const presented = presentedApproval(approval.digest)
  const login = await loginOf(session, client, core)
  if (!(await grants.redeem(presented, session, now, login)))
    throw refused(
      'a concurrent request redeemed the device code, or the user has changed',
    )
  await core.audit.record({
    kind: 'consent_granted',
    userId: account.user.id,
    sessionId: session.id,
    detail: { client: client.id, scopes: granted.scopes, device: true },
  })
  return answer
}
