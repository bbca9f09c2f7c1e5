import { loadedWhenCalled } from '../../base/lazy.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { SigningKeys } from './signing-key.ts'

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'signing keys',
    statements: (schema, { text }) => [
      schema
        .createTable('signing_keys')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text)
        .addColumn('client_id', text)
        .addColumn('algorithm', text, (column) => column.notNull())
        .addColumn('sealed', text)
        .addColumn('public_key', text)
        .addColumn('scopes', text, (column) => column.notNull())
        .addColumn('label', text)
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision')
        .addColumn('last_used_at', 'double precision')
        .addColumn('replaced_by', text),
      ...['user_id', 'client_id', 'expires_at', 'created_at'].map((column) =>
        schema.createIndex(`signing_keys_by_${column}`).on('signing_keys').column(column),
      ),
    ],
  },
]

/** The table of the keys with which requests are signed, and the port to it. */
export const signingKeyStore: StoreExtension<{ readonly signingKeys: SigningKeys }> = {
  name: 'signingKeys',
  migrations: MIGRATIONS,
  ofUsers: ['signing_keys'],
  ports: (db, lock) => ({
    signingKeys: loadedWhenCalled<SigningKeys>(VERBS, async () =>
      (await import('./sql.ts')).sqlSigningKeys(db, lock),
    ),
  }),
}

const VERBS: { readonly [Verb in keyof SigningKeys]: true } = {
  insert: true,
  find: true,
  list: true,
  replace: true,
  touch: true,
  delete: true,
  deleteAll: true,
  flush: true,
}
