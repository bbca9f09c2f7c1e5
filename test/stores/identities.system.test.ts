import { freshPostgres } from './databases.ts'
import { identityTests } from './identities.ts'

identityTests('PostgreSQL', freshPostgres)
