import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { StoredSession } from '../../sessions/session.ts'
import type { UserId } from '../../users/user.ts'
import { ownSessions } from '../accounts/own-sessions.ts'
import type { Core } from '../core.ts'
import { clientStore } from './sql.ts'

/** An application that a user has let in. Each consent is a session; an application may have several of a user. */
export interface ConnectedApplication {
  /** The id of the newest of its sessions: that of an application may have characters that an address cannot. */
  readonly id: string
  readonly clientId: string
  readonly name: string
  /** Those of all its sessions. */
  readonly scopes: readonly string[]
  /** Since when. */
  readonly createdAt: UnixSeconds
  readonly lastUsedAt: number | undefined
}

interface Consent extends StoredSession {
  readonly clientId: string
}

const isConsent = (session: StoredSession): session is Consent =>
  session.clientId !== undefined

/** The newest first. */
const consentsOf = async (userId: UserId, core: Core): Promise<readonly Consent[]> =>
  (await ownSessions(core, userId)).filter(isConsent)

/** The applications that a user has let in, the latest first. */
export async function connectedApplications(
  userId: UserId,
  core: Core,
): Promise<readonly ConnectedApplication[]> {
  const consents = await consentsOf(userId, core)
  const byClient = [...Map.groupBy(consents, ({ clientId }) => clientId)]
  const { clients } = core.ports(clientStore)
  return Promise.all(
    byClient.map(async ([clientId, sessions]) => {
      const client = await clients.find(clientId)
      return { ...together(sessions), clientId, name: client?.name ?? clientId }
    }),
  )
}

/** @param consents the newest first */
const together = (consents: readonly Consent[]) => ({
  id: consents[0]?.id ?? '',
  scopes: [...new Set(consents.flatMap(({ scopes }) => scopes))],
  createdAt: Math.min(...consents.map(({ createdAt }) => createdAt)) as UnixSeconds,
  lastUsedAt: latest(consents.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])),
})

function latest(moments: readonly number[]): number | undefined {
  if (moments.length === 0) return undefined
  return Math.max(...moments)
}

/**
 * Ends all sessions that an application has of a user.
 *
 * @param id of one of them
 * @throws AuthError `not_found` if the user has no such session of an application, or it has ended
 */
export async function disconnectApplication(
  userId: UserId,
  id: string,
  core: Core,
): Promise<void> {
  const consents = await consentsOf(userId, core)
  const named = consents.find((each) => each.id === id)
  if (named === undefined) throw new AuthError('not_found')
  for (const each of consents)
    if (each.clientId === named.clientId) await revokeConsent(each, core)
}

/** Ends a session of an application. */
export async function revokeConsent(
  { id, userId, clientId }: Pick<Consent, 'id' | 'userId' | 'clientId'>,
  core: Core,
): Promise<void> {
  const ended = await core.sessions?.revoke(id, 'logout', core.clock())
  if (ended !== true) return
  await core.audit.record({
    kind: 'consent_revoked',
    userId,
    sessionId: id,
    detail: { client: clientId },
  })
}
