import { eventTests } from './events.ts'
import { freshSqlite } from './sqlite.ts'

eventTests('SQLite', freshSqlite)
