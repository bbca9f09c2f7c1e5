import { freshPostgres } from '../stores/databases.ts'
import { importTests } from './import.ts'

importTests('PostgreSQL', freshPostgres)
