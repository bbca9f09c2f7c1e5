import type { StoredEvent } from '../../../audit/event.ts'
import { AuthError } from '../../../base/errors.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import type { Account } from '../../../users/user.ts'
import type { ListedApiToken } from '../../api-tokens/api-token.ts'
import { type Factor, listFactors } from '../../second-factors/factors.ts'
import type { Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import type { SessionWords } from './session-table.ts'
import { wordsOf } from './sessions.ts'
import type { StaffVisit } from './staff-visit.ts'

/** All that the page of a user shows. */
export interface UserData {
  readonly account: Account
  readonly factors: readonly Factor[]
  readonly sessions: Page<StoredSession, Place>
  readonly tokens: Page<ListedApiToken, Place>
  readonly events: Page<StoredEvent, Place>
  readonly words: SessionWords
}

/** @throws AuthError `not_found` */
export async function accountIn({ core, parameters }: StaffVisit): Promise<Account> {
  const account = await core.users.read('id', parameters.id ?? '')
  if (account === undefined) throw new AuthError('not_found')
  return account
}

/** Events that the page shows. */
const EVENTS = 10

export async function dataOf(visit: StaffVisit): Promise<UserData> {
  const { core } = visit
  const account = await accountIn(visit)
  const userId = account.user.id
  const reads = core.ports(consoleStore).console
  const now = core.clock()
  const [factors, sessions, tokens, events] = await Promise.all([
    listFactors(userId, core),
    reads.findSessions({ userId, state: 'active' }, now),
    reads.findApiTokens({ userId }, now),
    reads.findEvents({ userId }, {}, EVENTS),
  ])
  const actors = events.rows.flatMap(({ actor }) => actor ?? [])
  const [{ places, names: ofSessions }, ofEvents] = await Promise.all([
    wordsOf(sessions.rows, core),
    reads.findNames([...new Set([userId, ...actors])]),
  ])
  const words = { places, names: new Map([...ofSessions, ...ofEvents]) }
  return { account, factors, sessions, tokens, events, words }
}
