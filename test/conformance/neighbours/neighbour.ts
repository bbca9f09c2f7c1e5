import type { DatabaseSync } from 'node:sqlite'
import type { Scheme } from '../../../src/authentication/scheme.ts'
import type { Options } from '../../../src/settings/options.ts'
import type { User } from '../../../src/users/user.ts'
import type { Watchword } from '../../../src/watchword.ts'
import type { JsonObject } from '../recording.ts'
import type { View } from '../view.ts'

/** A package beside Simple JWT whose recordings are replayed: what its configurations, rows and texts are in watchword. */
export interface Neighbour {
  /** Its name in `NEIGHBOURS` of a configuration. */
  readonly name: string
  /** The member of a configuration with its settings. */
  readonly section: string
  /** The settings that `open` translates. */
  readonly settings: readonly string[]
  /** What `AUTHENTICATORS` lists. */
  readonly authenticators: readonly string[]
  /** @throws AuthError `invalid_config` if the preset refuses the settings */
  open(settings: JsonObject): OpenNeighbour
  /** The rows that `effects` shows under its name, by their key. */
  rows(db: DatabaseSync): ReadonlyMap<string, Row>
  /** Recorded rows in terms of watchword's tables. */
  rowsOfOurs(row: JsonObject): JsonObject
}

/** A row, with the username of its user. Moments are `Date`s. */
export type Row = Readonly<Record<string, string | number | Date | null>>

export interface OpenNeighbour {
  readonly schemes: Readonly<Record<string, Scheme<User>>>
  readonly options: Options
  /** Views of the recorded project that belong to it. */
  views(auth: Watchword<User>): readonly (readonly [path: RegExp, view: View])[]
  /** A text of a response as its placeholder. @param now of the response, in seconds */
  placeholder(text: string, path: string, now: number): string | undefined
  /** Waits for writes that a request does not wait for. */
  settle?(): Promise<void>
}
