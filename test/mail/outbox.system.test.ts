import { freshPostgres } from '../stores/databases.ts'
import { outboxTests } from './outbox.ts'

outboxTests('PostgreSQL', freshPostgres)
