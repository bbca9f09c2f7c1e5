import type { Kysely } from 'kysely'
import type { StoreExtension } from '../../stores/extension.ts'
import { holdUser, type UserLock } from '../../stores/if-user.ts'
import { makeJointWrite, withJointWrite } from '../../stores/joint-writes.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { CredentialId, Credentials } from './credential.ts'
import {
  type CredentialTable,
  type CredentialTables,
  credentialOf,
  insertCredential,
  lockedRows,
} from './credential-rows.ts'
import type { Devices } from './device.ts'
import { DEVICE_MIGRATIONS, type DeviceTable, sqlDevices } from './device-sql.ts'
import { type Passkeys, sqlPasskeys } from './passkey-sql.ts'
import { type RecoveryCodes, sqlRecoveryCodes } from './recovery-sql.ts'

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'credentials',
    statements: (schema, { text }) => [
      schema
        .createTable('credentials')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('label', text, (column) => column.notNull())
        .addColumn('secret', text, (column) => column.notNull())
        .addColumn('counter', 'double precision', (column) => column.notNull())
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('confirmed_at', 'double precision')
        .addColumn('last_used_at', 'double precision'),
      schema
        .createIndex('credentials_by_user')
        .on('credentials')
        .columns(['user_id', 'kind']),
    ],
  },
  {
    name: 'passkeys',
    statements: (schema, { text }) => [
      schema.alterTable('credentials').addColumn('credential_id', text),
      schema.alterTable('credentials').addColumn('passkey', text),
      schema
        .createIndex('credentials_by_credential_id')
        .unique()
        .on('credentials')
        .column('credential_id'),
    ],
  },
  {
    name: 'suspended passkeys',
    statements: (schema) => [
      schema.alterTable('credentials').addColumn('suspended_at', 'double precision'),
    ],
  },
]

/** The tables of credentials beside passwords and of remembered devices, and the ports to them. */
export const credentialStore: StoreExtension<{
  readonly credentials: Credentials
  readonly devices: Devices
}> = {
  name: 'secondFactors',
  migrations: [...MIGRATIONS, ...DEVICE_MIGRATIONS],
  ofUsers: ['credentials', 'devices'],
  ports: (db, lock) => ({
    credentials: sqlCredentials(db.withTables<{ credentials: CredentialTable }>(), lock),
    devices: sqlDevices(db.withTables<{ devices: DeviceTable }>(), lock),
  }),
}

export const devicesOf = ({ ports }: Pick<Core, 'ports'>): Devices =>
  ports(credentialStore).devices

export const credentialsOf = ({ ports }: Pick<Core, 'ports'>): Credentials =>
  ports(credentialStore).credentials

function sqlCredentials(db: Kysely<CredentialTables>, lock: UserLock): Credentials {
  return {
    ...sqlFactors(db, lock),
    ...sqlPasskeys(db, lock),
    ...sqlRecoveryCodes(db, lock),
  }
}

type Factors = Omit<Credentials, keyof Passkeys | keyof RecoveryCodes>

/** What all credentials have, and authenticators. */
const sqlFactors = (db: Kysely<CredentialTables>, lock: UserLock): Factors => ({
  insert: (credential, epoch, joint) =>
    withJointWrite(
      db,
      async (to) => (await insertCredential(to, credential, lock, epoch)) === 1n,
      joint,
    ),

  async list(userId) {
    const rows = await db
      .selectFrom('credentials')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return rows.map(credentialOf)
  },

  confirm: (id, { counter, now }, onlyAsFirst, joint) =>
    db.transaction().execute(async (trx) => {
      if (onlyAsFirst && (await hasFactor(trx, id, lock))) return false
      const { numUpdatedRows } = await trx
        .updateTable('credentials')
        .set({ counter, confirmed_at: now, last_used_at: now })
        .where('id', '=', id)
        .where('confirmed_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      await makeJointWrite(trx, joint)
      return true
    }),

  async advance(id, counter, now) {
    const { numUpdatedRows } = await db
      .updateTable('credentials')
      .set({ counter, last_used_at: now })
      .where('id', '=', id)
      .where('confirmed_at', 'is not', null)
      .where('counter', '<', counter)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  },

  deleteTotp: (id, userId, joint) =>
    withJointWrite(db, (to) => deleteTotp(to, id, userId), joint),

  deleteAll: (userId) =>
    db.transaction().execute(async (trx: Kysely<CredentialTables>) => {
      // Else one that is inserted meanwhile would stay, and count those that are deleted.
      await holdUser(trx, { id: userId }, lock)
      const { numDeletedRows } = await trx
        .deleteFrom('credentials')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return Number(numDeletedRows)
    }),

  async flush(before, limit) {
    const dead = db
      .selectFrom('credentials')
      .leftJoin('users', 'users.id', 'credentials.user_id')
      .select('credentials.id')
      .where((eb) =>
        eb.or([
          eb('users.id', 'is', null),
          eb.and([
            eb('credentials.confirmed_at', 'is', null),
            eb('credentials.created_at', '<', before),
          ]),
        ]),
      )
      .limit(limit)
    const { numDeletedRows } = await db
      .deleteFrom('credentials')
      .where('id', 'in', dead)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})

async function deleteTotp(
  db: Kysely<CredentialTables>,
  id: CredentialId,
  userId: UserId,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('credentials')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('kind', '=', 'totp')
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Whether the user of a credential has one that is confirmed. */
async function hasFactor(
  db: Kysely<CredentialTables>,
  id: CredentialId,
  lock: UserLock,
): Promise<boolean> {
  const all = db
    .selectFrom('credentials')
    .select(['kind', 'confirmed_at'])
    .where('user_id', '=', (eb) =>
      eb.selectFrom('credentials').select('user_id').where('id', '=', id),
    )
    .orderBy('id')
  const rows = await lockedRows(all, lock).execute()
  return rows.some((each) => each.kind !== 'recovery' && each.confirmed_at !== null)
}
