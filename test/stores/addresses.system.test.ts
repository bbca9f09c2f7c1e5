import { addressTests } from './addresses.ts'
import { freshPostgres } from './databases.ts'

addressTests('PostgreSQL', freshPostgres)
