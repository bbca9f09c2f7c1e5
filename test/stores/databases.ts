import { aDatabase } from '../services/postgres.ts'
import { postgresStore } from './open.ts'
import { type FreshDatabase, freshSqlite, opening } from './sqlite.ts'

export const freshPostgres: FreshDatabase = async (t) => {
  const database = await aDatabase()
  if (typeof database === 'string') return database
  const { url, drop } = database
  return opening(t, url, () => postgresStore({ url }), drop)
}

/** Every kind of database that the SQL runs on. */
export const DATABASES: Readonly<Record<string, FreshDatabase>> = {
  SQLite: freshSqlite,
  PostgreSQL: freshPostgres,
}
