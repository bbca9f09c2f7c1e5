import { identityTests } from './identities.ts'
import { freshSqlite } from './sqlite.ts'

identityTests('SQLite', freshSqlite)
