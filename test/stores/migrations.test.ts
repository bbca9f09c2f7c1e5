import { migrationTests } from './migrations.ts'
import { freshSqlite } from './sqlite.ts'

migrationTests('SQLite', freshSqlite)
