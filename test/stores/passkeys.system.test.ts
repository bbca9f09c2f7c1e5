import { freshPostgres } from './databases.ts'
import { passkeyTests } from './passkeys.ts'

passkeyTests('PostgreSQL', freshPostgres)
