import { type SchemaModule, sql } from 'kysely'
import type { ClientBase } from 'pg'
import { AuthError } from '../../base/errors.ts'
import { MIGRATIONS } from '../migrations.ts'
import type { Place } from './address.ts'
import { codeOf, DUPLICATE_TABLE } from './errors.ts'
import { TRIGGERS } from './triggers.ts'

const LEDGER =
  'create table if not exists watchword_migrations (number integer primary key not null, name text not null)'

/** In the order of octets, as everywhere: the server's own order goes by a language, and changes with its libraries. */
const TYPES = { text: sql`text collate "C"` }

/** What PostgreSQL wants besides, after the migration of that number. */
const BESIDES: Readonly<
  Record<number, (can: { readonly notify: boolean }) => readonly string[]>
> = {
  1: ({ notify }) => [
    // Room on each page for the next version of a row: a refresh then touches no index.
    'alter table sessions set (fillfactor = 80)',
    ...(notify ? TRIGGERS : []),
  ],
}

/** Any number of no other meaning: those who migrate wait for each other under it. */
const LOCK = 7_739_204_118

/**
 * Brings the tables to the newest version, all steps in one transaction: of processes that start together one does it, and
 * the others find it done.
 *
 * @throws AuthError `invalid_config` where the tables are of a newer version, or another program's
 */
export async function migrate(
  client: ClientBase,
  schema: SchemaModule,
  place: Place,
): Promise<void> {
  if ((await versionOf(client)) === MIGRATIONS.length) return
  await client.query('begin isolation level read committed')
  try {
    // A large table may take its time.
    await client.query('set local statement_timeout = 0')
    await client.query('set local lock_timeout = 0')
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    await client.query(LEDGER)
    const version = await versionOf(client)
    if (version > MIGRATIONS.length) throw newer(version, place)
    for (let number = version + 1; number <= MIGRATIONS.length; number++)
      await apply(number, client, schema)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw codeOf(error) === DUPLICATE_TABLE ? foreign(place, error) : error
  }
}

/** The number of the last migration that was applied; 0 for a new database. */
async function versionOf(client: ClientBase): Promise<number> {
  const [ledger] = (
    await client.query(`select to_regclass('watchword_migrations') is not null as found`)
  ).rows
  if (ledger?.found !== true) return 0
  const [row] = (
    await client.query('select max(number) as version from watchword_migrations')
  ).rows
  return row?.version ?? 0
}

async function apply(
  number: number,
  client: ClientBase,
  schema: SchemaModule,
): Promise<void> {
  const { name, statements } = MIGRATIONS[number - 1]!
  for (const statement of statements(schema, TYPES))
    await client.query(statement.compile().sql)
  const notify = await hasNotify(client)
  for (const statement of BESIDES[number]?.({ notify }) ?? [])
    await client.query(statement)
  await client.query('insert into watchword_migrations (number, name) values ($1, $2)', [
    number,
    name,
  ])
}

/** Compatible databases do without. */
async function hasNotify(client: ClientBase): Promise<boolean> {
  const [row] = (
    await client.query(
      `select count(*)::int as found from pg_proc where proname = 'pg_notify'`,
    )
  ).rows
  return row?.found > 0
}

const foreign = ({ database }: Place, cause: unknown): AuthError =>
  new AuthError(
    'invalid_config',
    `The database ${JSON.stringify(database)} holds tables of another program: give watchword a database or a schema of its own.`,
    { cause },
  )

const newer = (version: number, { database }: Place): AuthError =>
  new AuthError(
    'invalid_config',
    `The database ${JSON.stringify(database)} was made by a newer watchword (schema ${version}, this one knows ${MIGRATIONS.length}): ` +
      'install the newest watchword.',
  )
