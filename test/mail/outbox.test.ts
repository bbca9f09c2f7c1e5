import { freshSqlite } from '../stores/sqlite.ts'
import { outboxTests } from './outbox.ts'

outboxTests('SQLite', freshSqlite)
