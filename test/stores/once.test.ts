import { onceTests } from './once.ts'
import { freshSqlite } from './sqlite.ts'

onceTests('SQLite', freshSqlite)
