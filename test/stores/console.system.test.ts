import { consoleTests } from './console.ts'
import { freshPostgres } from './databases.ts'

consoleTests('PostgreSQL', freshPostgres)
