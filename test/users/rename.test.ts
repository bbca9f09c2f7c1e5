import { freshSqlite } from '../stores/sqlite.ts'
import { renameTests } from './rename.ts'

renameTests('SQLite', freshSqlite)
