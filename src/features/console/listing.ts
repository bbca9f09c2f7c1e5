import type { StoredEvent } from '../../audit/event.ts'
import type { UnixSeconds } from '../../base/clock.ts'
import type { SessionId, StoredSession } from '../../sessions/session.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import type { ListedApiToken } from '../api-tokens/api-token.ts'
import type { StoredMessage } from '../mail/message.ts'

/** A page of a list. */
export interface Page<Row, Place> {
  readonly rows: readonly Row[]
  /** The next page is `{ after: next }`; `undefined` at the end. */
  readonly next: Place | undefined
  /** The page before is `{ until: previous }`; `undefined` at the beginning. */
  readonly previous: Place | undefined
  /** Whether the page is not full because many rows were read that do not match: the page beyond goes on. */
  readonly isCut: boolean
}

/** Which page of a list. Default: the first one. */
export interface Cursor<Place> {
  /** The page that begins after this place. */
  readonly after?: Place | undefined
  /** The page that ends with this place. */
  readonly until?: Place | undefined
}

/** The values by which a list is ordered, of the last row that was read. */
export type Place = readonly (string | number)[]

/** A place in a list of users: a search goes through several columns. */
export interface UserPlace {
  readonly stage: number
  readonly position: Place | undefined
}

export interface UserFilter {
  /** The beginning of a name, an email address, an id or a phone number; empty: all. */
  readonly search: string
  readonly status?: 'active' | 'inactive' | 'verified' | 'unverified' | undefined
  readonly staff?: boolean | undefined
  readonly role?: string | undefined
  /** Whether the user has a second factor. */
  readonly factor?: boolean | undefined
  /** Created at this moment or later: then the newest are first. */
  readonly joinedSince?: UnixSeconds | undefined
  readonly joinedUntil?: UnixSeconds | undefined
}

export interface SessionFilter {
  readonly userId?: UserId | undefined
  readonly sessionId?: SessionId | undefined
  /** The beginning of an address. */
  readonly address?: string | undefined
  readonly state?: 'active' | 'ended' | undefined
  /** Last used at this moment or later. A session that was never used counts from its beginning. */
  readonly usedSince?: UnixSeconds | undefined
  readonly usedBefore?: UnixSeconds | undefined
}

export interface ApiTokenFilter {
  readonly userId?: UserId | undefined
  /** The first characters of tokens, or a part of their name. */
  readonly search?: string | undefined
  readonly state?: 'unlimited' | 'expiring' | 'expired' | undefined
}

export interface EventFilter {
  readonly userId?: UserId | undefined
  readonly kind?: string | undefined
  /** The beginning of an address. */
  readonly address?: string | undefined
  readonly since?: UnixSeconds | undefined
  readonly until?: UnixSeconds | undefined
}

/** What is counted over time. */
export const ACTIVITIES = [
  'signed_in',
  'sign_in_failed',
  'sign_in_throttled',
  'refreshed',
  'session_revoked',
] as const
export type Activity = (typeof ACTIVITIES)[number]

/** How long one count is for: half an hour. */
export const SLOT = 1800

export interface ActivityCount {
  readonly kind: Activity
  /** When the half hour began. */
  readonly at: number
  readonly count: number
}

/** A count up to a limit. */
export interface Count {
  readonly count: number
  /** Whether there are more. */
  readonly isMore: boolean
}

/** What the console reads of all users. Each verb costs the same at any number of rows. */
export interface ConsoleReads {
  /** @param limit default: a page */
  findUsers(
    filter: UserFilter,
    cursor?: Cursor<UserPlace>,
    limit?: number,
  ): Promise<Page<StoredUser, UserPlace>>
  /** Live sessions of users, by id. */
  countSessions(
    ids: readonly UserId[],
    now: UnixSeconds,
  ): Promise<ReadonlyMap<string, number>>
  /** The kinds of second factors of users, by id. */
  listFactorKinds(ids: readonly UserId[]): Promise<ReadonlyMap<string, readonly string[]>>
  findNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Which of these users are staff or superusers. */
  findStaff(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** The newest sign-in first: no column that a refresh changes has an index. */
  findSessions(
    filter: SessionFilter,
    now: UnixSeconds,
    cursor?: Cursor<Place>,
  ): Promise<Page<StoredSession, Place>>
  countActiveSessions(now: UnixSeconds): Promise<Count>
  findApiTokens(
    filter: ApiTokenFilter,
    now: UnixSeconds,
    cursor?: Cursor<Place>,
  ): Promise<Page<ListedApiToken, Place>>
  /** The newest first. @param limit default: a page */
  findEvents(
    filter: EventFilter,
    cursor?: Cursor<Place>,
    limit?: number,
  ): Promise<Page<StoredEvent, Place>>
  /** @returns `undefined` if only reading each event could answer it */
  countEvents(filter: EventFilter): Promise<Count | undefined>
  countUsers(): Promise<Count>
  addActivity(counts: readonly ActivityCount[]): Promise<void>
  /** @param length how long one count is for: a multiple of `SLOT` */
  listActivity(since: number, length: number): Promise<readonly ActivityCount[]>
  findMessages(cursor?: Cursor<Place>): Promise<Page<StoredMessage, Place>>
  findMessage(id: string): Promise<StoredMessage | undefined>
  /** @returns `false` if there is no such message, or a process is sending it */
  retryMessage(id: string, now: UnixSeconds): Promise<boolean>
  dropMessage(id: string): Promise<boolean>
  countMessages(): Promise<Count>
}
