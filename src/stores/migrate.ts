import { type Compilable, type Kysely, sql } from 'kysely'
import { configError } from '../base/errors.ts'
import type { StoreExtension } from './extension.ts'
import { CORE_MIGRATIONS, type Migration } from './migrations.ts'
import type { Tables } from './tables.ts'

/** A database as a migration sees it. */
export interface MigratableDatabase {
  /** The name for messages. */
  readonly name: string
  run<Row>(query: Compilable<Row>): Promise<readonly Row[]>
  hasTable(name: string): Promise<boolean>
  /** Runs in one process at a time, in one transaction. */
  exclusively(work: () => Promise<void>): Promise<void>
  /** @throws AuthError `invalid_config` if another program has tables of these names */
  apply(migration: Migration): Promise<void>
}

/** The applied migrations: the core's in the table that 0.1.0 made, a feature's in another. */
type Ledgers = {
  watchword_migrations: { readonly number: number; readonly name: string }
  watchword_feature_migrations: {
    readonly feature: string
    readonly number: number
    readonly name: string
  }
}

type Builder = Kysely<Tables & Ledgers>

/** The tables of the core or of one feature, with migrations numbered from 1. */
type Schema = Pick<StoreExtension, 'name' | 'migrations'>

/** The number of the newest migration that was applied, by schema. */
type Versions = ReadonlyMap<string, number>

const CORE: Schema = { name: 'core', migrations: CORE_MIGRATIONS }

const CORE_LEDGER =
  'create table if not exists watchword_migrations (number integer primary key not null, name text not null)'

/** 0.1.0 made these tables together with the core's. */
const MADE_BY_0_1_0 = { feature: 'apiTokens', number: 1, name: 'tokens' }

/**
 * Applies the migrations that are missing, all in one transaction: of several processes that start together one does it, and
 * the others find it done.
 *
 * @throws AuthError `invalid_config` if the tables belong to a newer version, or to another program
 */
export async function migrate(
  database: MigratableDatabase,
  db: Kysely<Tables>,
  extensions: readonly StoreExtension[],
): Promise<void> {
  const builder = db.withTables<Ledgers>()
  const schemas = [CORE, ...extensions]
  const found = await versionsIn(database, builder)
  if (schemas.every(({ name, migrations }) => found.get(name) === migrations.length))
    return
  await database.exclusively(async () => {
    await createLedgers(database, builder)
    const versions = await versionsIn(database, builder)
    for (const schema of schemas) await upgrade(schema, versions, database, builder)
  })
}

async function versionsIn(
  database: MigratableDatabase,
  builder: Builder,
): Promise<Versions> {
  // Made after the core's: with it both are there.
  if (!(await database.hasTable('watchword_feature_migrations'))) return new Map()
  const core = builder.selectFrom('watchword_migrations').select('number')
  const features = builder
    .selectFrom('watchword_feature_migrations')
    .select(['feature', 'number'])
  const applied = [
    ...(await database.run(core)).map((row) => ({ ...row, feature: CORE.name })),
    ...(await database.run(features)),
  ]
  const versions = new Map<string, number>()
  for (const { feature, number } of applied)
    versions.set(feature, Math.max(number, versions.get(feature) ?? 0))
  return versions
}

async function createLedgers(
  database: MigratableDatabase,
  builder: Builder,
): Promise<void> {
  if (await database.hasTable('watchword_feature_migrations')) return
  await database.run(compiled(CORE_LEDGER, builder))
  await database.run(
    builder.schema
      .createTable('watchword_feature_migrations')
      .addColumn('feature', 'text', (column) => column.notNull())
      .addColumn('number', 'integer', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('watchword_feature_migrations_key', ['feature', 'number']),
  )
  const core = builder.selectFrom('watchword_migrations').select('number')
  const isOfFirstRelease = (await database.run(core)).length > 0
  if (isOfFirstRelease)
    await database.run(
      builder.insertInto('watchword_feature_migrations').values(MADE_BY_0_1_0),
    )
}

const compiled = (statement: string, builder: Builder): Compilable => ({
  compile: () => sql.raw(statement).compile(builder),
})

async function upgrade(
  { name, migrations }: Schema,
  versions: Versions,
  database: MigratableDatabase,
  builder: Builder,
): Promise<void> {
  const version = versions.get(name) ?? 0
  if (version > migrations.length)
    throw configError(
      `The database ${database.name} was made by a newer watchword (schema ${version} of ${name}, this one knows ${migrations.length}): install the newest watchword.`,
    )
  for (const [index, migration] of migrations.entries()) {
    const number = index + 1
    if (number <= version) continue
    await database.apply(migration)
    await database.run(recordOf(name, number, migration, builder))
  }
}

function recordOf(
  schema: string,
  number: number,
  { name }: Migration,
  builder: Builder,
): Compilable {
  if (schema === CORE.name)
    return builder.insertInto('watchword_migrations').values({ number, name })
  const row = { feature: schema, number, name }
  return builder.insertInto('watchword_feature_migrations').values(row)
}
