import { freshPostgres } from './databases.ts'
import { signingKeyTests } from './signing-keys.ts'

signingKeyTests('PostgreSQL', freshPostgres)
