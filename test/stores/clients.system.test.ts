import { clientTests } from './clients.ts'
import { freshPostgres } from './databases.ts'

clientTests('PostgreSQL', freshPostgres)
