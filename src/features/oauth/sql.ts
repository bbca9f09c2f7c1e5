import type { StoreExtension } from '../../stores/extension.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { Logins } from './backchannel/login.ts'
import { type LoginTables, loginMigration, sqlLogins } from './backchannel/sql.ts'
import type { Clients, Grants } from './client.ts'
import { type OAuthTables, sqlClients } from './clients-sql.ts'
import { type Consents, sqlConsents } from './consents-sql.ts'
import { type DeviceRequests, sqlDeviceRequests } from './device/sql.ts'
import { sqlGrants } from './grants-sql.ts'
import {
  pairwiseMigration,
  type SubjectKeys,
  type SubjectKeyTables,
  sqlSubjectKeys,
} from './pairwise/sql.ts'

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'clients',
    statements: (schema, { text }) => [
      schema
        .createTable('clients')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('name', text, (column) => column.notNull())
        .addColumn('proof', text, (column) => column.notNull())
        .addColumn('secret', text)
        .addColumn('previous_secret', text)
        .addColumn('previous_secret_until', 'double precision')
        .addColumn('keys', text, (column) => column.notNull())
        .addColumn('redirect_uris', text, (column) => column.notNull())
        .addColumn('post_logout_redirect_uris', text, (column) => column.notNull())
        .addColumn('grants', text, (column) => column.notNull())
        .addColumn('scopes', text, (column) => column.notNull())
        .addColumn('resources', text, (column) => column.notNull())
        .addColumn('audiences', text, (column) => column.notNull())
        .addColumn('skip_consent', 'integer', (column) => column.notNull())
        .addColumn('session_id', text, (column) => column.notNull())
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('disabled_at', 'double precision'),
    ],
  },
  {
    name: 'applications that register themselves',
    statements: (schema, { text }) => [
      schema.alterTable('clients').addColumn('registration_token', text),
      schema.alterTable('clients').addColumn('document_until', 'double precision'),
    ],
  },
  {
    name: 'proofs of keys and pushed requests',
    statements: (schema) => [
      schema
        .alterTable('clients')
        .addColumn('dpop_bound', 'integer', (column) => column.notNull().defaultTo(0)),
      schema
        .alterTable('clients')
        .addColumn('requires_par', 'integer', (column) => column.notNull().defaultTo(0)),
    ],
  },
  loginMigration,
  {
    name: 'keys of applications at addresses',
    statements: (schema, { text }) => [
      schema.alterTable('clients').addColumn('jwks_uri', text),
    ],
  },
  pairwiseMigration,
]

/** The table of applications, and the port to it. */
export const clientStore: StoreExtension<{
  readonly clients: Clients
  readonly grants: Grants
  readonly consents: Consents
  readonly deviceRequests: DeviceRequests
  readonly logins: Logins
  readonly subjectKeys: SubjectKeys
}> = {
  name: 'oauth',
  migrations: MIGRATIONS,
  ports: (db, lock) => ({
    clients: sqlClients(db.withTables<OAuthTables>()),
    grants: sqlGrants(db, lock),
    consents: sqlConsents(db),
    deviceRequests: sqlDeviceRequests(db, lock),
    logins: sqlLogins(db.withTables<LoginTables>()),
    subjectKeys: sqlSubjectKeys(db.withTables<SubjectKeyTables>()),
  }),
}
