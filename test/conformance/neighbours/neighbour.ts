import type { DatabaseSync } from 'node:sqlite'
import type { Scheme } from '../../../src/authentication/scheme.ts'
import type { KeptMessage } from '../../../src/features/mail/mailbox.ts'
import type { Mail } from '../../../src/features/mail/message.ts'
import type { Options } from '../../../src/settings/options.ts'
import type { User } from '../../../src/users/user.ts'
import type { Watchword } from '../../../src/watchword.ts'
import type { RecordedConfig } from '../configs.ts'
import type { JsonObject } from '../recording.ts'
import type { View } from '../view.ts'
import type { Reply } from '../wire.ts'
import type { FilledRequest } from './oauth-consent.ts'

/** A package beside Simple JWT whose recordings are replayed: what its configurations, rows and texts are in watchword. */
export interface Neighbour {
  /** Its name in `NEIGHBOURS` of a configuration. */
  readonly name: string
  /** Whether the recorded server has it, if `NEIGHBOURS` does not list it. */
  isIn?(config: object, paths: readonly string[]): boolean
  /** The member of a configuration with its settings. */
  readonly section: string
  /** The settings of Django that `open` translates. */
  readonly ofDjango?: readonly string[]
  /** The settings that `open` translates. */
  readonly settings: readonly string[]
  /** What `AUTHENTICATORS` lists. */
  readonly authenticators: readonly string[]
  /** @throws AuthError `invalid_config` if the preset refuses the settings */
  open(settings: JsonObject, terms: NeighbourTerms): OpenNeighbour
  /** The member of `effects` with changes of its rows. */
  readonly effect: string
  /** These rows, by their key. */
  rows(db: DatabaseSync): ReadonlyMap<string, Row>
  /** Recorded changes of them in terms of watchword's tables. */
  changesOfOurs(changes: JsonObject): JsonObject
  /** What its recordings show of a user besides. @param row of the table of users */
  userMembers?(row: UserRow): JsonObject
}

/** What else the options depend on. */
export interface NeighbourTerms {
  readonly config: RecordedConfig
  /** The paths that a conversation requests. */
  readonly paths: readonly string[]
}

/** A row, with the username of its user. Moments are `Date`s. */
export type Row = Readonly<Record<string, string | number | boolean | Date | null>>

export type UserRow = Readonly<Record<string, string | number | null>>

export interface OpenNeighbour {
  readonly schemes: Readonly<Record<string, Scheme<User>>>
  readonly options: Options
  /** Views of the recorded project that belong to it. */
  views(auth: Watchword<User>): readonly (readonly [path: RegExp, view: View])[]
  /** A text of a response as its placeholder. @param now of the response, in seconds */
  placeholder(text: string, path: string, now: number): string | undefined
  /** A header of a response with placeholders. */
  header?(name: string, value: string): string
  /** What is compared of a page; `undefined` if the response is none. */
  page?(reply: Reply): JsonObject | undefined
  /** Sends a request as a client does that has to send another one here, or more than one. */
  send?(
    request: FilledRequest,
    send: (request: FilledRequest) => Promise<Reply>,
  ): Promise<Reply>
  /** The cookies that stand for those of the recorded server, by their names there. */
  readonly cookies?: Readonly<Record<string, string>>
  /** The messages that were sent, the oldest first. */
  messages?(): readonly KeptMessage[]
  /** Mails that were sent, of which the address alone is compared, the oldest first. */
  readonly mails?: readonly Mail[]
  /** Changes the seeded database before it is opened. */
  prepare?(db: DatabaseSync): void
  /** Waits for writes that a request does not wait for. */
  settle?(db: DatabaseSync): Promise<void>
}
