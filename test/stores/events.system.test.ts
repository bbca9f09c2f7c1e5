import { freshPostgres } from './databases.ts'
import { eventTests } from './events.ts'

eventTests('PostgreSQL', freshPostgres)
