import { consoleTests } from './console.ts'
import { freshSqlite } from './sqlite.ts'

consoleTests('SQLite', freshSqlite)
