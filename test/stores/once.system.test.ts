import { freshPostgres } from './databases.ts'
import { onceTests } from './once.ts'

onceTests('PostgreSQL', freshPostgres)
