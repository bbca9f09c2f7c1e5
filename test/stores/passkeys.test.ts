import { passkeyTests } from './passkeys.ts'
import { freshSqlite } from './sqlite.ts'

passkeyTests('SQLite', freshSqlite)
