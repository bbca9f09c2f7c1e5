import { after } from '../../base/clock.ts'
import { hexId } from '../../base/random.ts'
import type { NewSession, SessionId, SessionOrigin } from '../../sessions/session.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { type AskedClaims, NO_CLAIMS } from './claims-parameter.ts'
import type { StoredClient } from './client.ts'
import { oauthSettings } from './issuer.ts'
import { namedOrigin, subjectsOf } from './pairwise/subjects.ts'
import {
  asRotated,
  earlier,
  isRefreshBound,
  subjectOf,
  type UserTokenAnswer,
  userTokens,
} from './user-tokens.ts'

/** What an application gets of a user who has signed in. */
export interface Consent {
  readonly client: StoredClient
  readonly account: Account
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  readonly nonce: string | undefined
  /** The services that the first access token is for, of those that were granted. */
  readonly firstAudiences?: readonly string[]
  /** Of the sign-in. */
  readonly origin: SessionOrigin
  /** The thumbprint of the key that its tokens are bound to. */
  readonly jkt: string | undefined
  /** Claims that were asked for by name. Default: none. */
  readonly asked?: AskedClaims
  /** Whether ID tokens must say when the user signed in. Default false: they do so except for pairwise names. */
  readonly authTime?: boolean
}

/** The session of a consent: all its tokens belong to it. */
export function newConsent(
  id: SessionId,
  { client, account, scopes, audiences: resource, origin, jkt }: Consent,
  core: Core,
): NewSession {
  const settings = oauthSettings(core)
  const now = core.clock()
  const expiresAt = after(now, settings.session)
  const { address, userAgent, amr, authTime, actor } = origin
  return {
    id,
    userId: account.user.id,
    jti: hexId(core.random),
    createdAt: now,
    expiresAt,
    idleExpiresAt: earlier(after(now, settings.refresh), expiresAt),
    epoch: account.user.epoch,
    origin: { address, userAgent, amr, authTime, actor },
    grant: { clientId: client.id, scopes, resource },
    jkt: isRefreshBound(client) ? jkt : undefined,
  }
}

/** Signs its first tokens: before the session is opened, so that a failure opens none. */
export async function firstTokens(
  session: NewSession,
  consent: Consent,
  core: Core,
): Promise<UserTokenAnswer> {
  const { client, account, scopes, nonce, jkt } = consent
  const subjects = await subjectsOf(client, core)
  const origin = namedOrigin(consent.origin, subjects)
  const audiences = consent.firstAudiences ?? consent.audiences
  const { asked = NO_CLAIMS } = consent
  const { origin: _, grant: __, jkt: ___, ...row } = session
  const subject = {
    ...subjectOf(account, session, origin, subjects, core),
    ...(asked.userinfo.length > 0 && { userinfo_claims: asked.userinfo }),
  }
  const grant = { client, scopes, audiences, subject, session: asRotated(row), jkt }
  const signIn = subjects.isPairwise ? unlessAsked(origin, consent) : origin
  const idToken = { signIn, nonce, asked: asked.idToken, user: account.user }
  return userTokens({ ...grant, ...idToken }, consent, core)
}

/** The second of the sign-in is the same for all applications, so that they could find their common users by it. */
const unlessAsked = (origin: SessionOrigin, { authTime }: Consent): SessionOrigin =>
  authTime === true ? origin : { ...origin, authTime: undefined }
