import type { Kysely } from 'kysely'
import type { UserLock } from './if-user.ts'
import type { Migration } from './migrations.ts'
import type { CorePorts } from './store.ts'
import type { Tables } from './tables.ts'

/** What a feature adds to the store: its tables, and ports over them. */
export interface StoreExtension<Ports extends object = object> {
  /** Written beside each migration in the database: it never changes. */
  readonly name: string
  /** Numbered by their place in the list, from 1. */
  readonly migrations: readonly Migration[]
  /** The tables with a column `user_id` whose rows are deleted with their user: another who gets the id must not find them. */
  readonly ofUsers?: readonly string[]
  /**
   * @param db typed with the feature's own tables by `db.withTables`
   * @param lock for `ifUser`: a condition on a user in a statement that writes
   */
  ports(db: Kysely<Tables>, lock: UserLock): Ports
}

/** The core's ports, and those of each extension of a list. */
export type PortsOf<Extensions extends readonly StoreExtension[]> = CorePorts &
  Together<ReturnType<Extensions[number]['ports']>>

/** The intersection of a union: a union in a parameter's position becomes an intersection. */
type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never

export function portsOf<Extensions extends readonly StoreExtension[]>(
  core: CorePorts,
  extensions: Extensions,
  db: Kysely<Tables>,
  lock: UserLock,
): PortsOf<Extensions> {
  const added = extensions.map((extension) => extension.ports(db, lock))
  return Object.assign({}, core, ...added)
}

/** The tables of extensions whose rows are deleted with their user. */
export const tablesOfUsers = (extensions: readonly StoreExtension[]): readonly string[] =>
  extensions.flatMap(({ ofUsers = [] }) => ofUsers)
