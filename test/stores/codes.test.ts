import { codeTests } from './codes.ts'
import { freshSqlite } from './sqlite.ts'

codeTests('SQLite', freshSqlite)
