import { codeTests } from './codes.ts'
import { freshPostgres } from './databases.ts'

codeTests('PostgreSQL', freshPostgres)
