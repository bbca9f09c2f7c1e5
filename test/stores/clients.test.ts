import { clientTests } from './clients.ts'
import { freshSqlite } from './sqlite.ts'

clientTests('SQLite', freshSqlite)
