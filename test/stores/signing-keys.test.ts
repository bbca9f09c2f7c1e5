import { signingKeyTests } from './signing-keys.ts'
import { freshSqlite } from './sqlite.ts'

signingKeyTests('SQLite', freshSqlite)
