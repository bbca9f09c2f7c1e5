import { freshPostgres } from './databases.ts'
import { migrationTests } from './migrations.ts'

migrationTests('PostgreSQL', freshPostgres)
