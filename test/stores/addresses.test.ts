import { addressTests } from './addresses.ts'
import { freshSqlite } from './sqlite.ts'

addressTests('SQLite', freshSqlite)
