import { freshPostgres } from '../stores/databases.ts'
import { renameTests } from './rename.ts'

renameTests('PostgreSQL', freshPostgres)
