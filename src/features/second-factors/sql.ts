import { type Kysely, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type {
  Credential,
  CredentialId,
  CredentialKind,
  Credentials,
  PasskeyRecord,
} from './credential.ts'
import type { Devices } from './device.ts'
import { DEVICE_MIGRATIONS, type DeviceTable, sqlDevices } from './device-sql.ts'

interface CredentialTable {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly user_id: UserId
  readonly label: string
  readonly secret: string
  readonly counter: number
  readonly created_at: UnixSeconds
  readonly confirmed_at: UnixSeconds | null
  readonly last_used_at: UnixSeconds | null
  /** Of a passkey: its id at the authenticator. */
  readonly credential_id: string | null
  /** Of a passkey: JSON, the rest of its `PasskeyRecord`. */
  readonly passkey: string | null
  readonly suspended_at: UnixSeconds | null
}

type CredentialTables = Tables & { credentials: CredentialTable }

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

type Row = Selectable<CredentialTable>

function sqlCredentials(db: Kysely<CredentialTables>, lock: UserLock): Credentials {
  const insertIfUser = (
    on: Kysely<CredentialTables>,
    credential: Credential,
    epoch?: number,
  ) => {
    const row = rowOf(credential)
    return on
      .insertInto('credentials')
      .columns(Object.keys(row) as (keyof Row)[])
      .expression(rowIfUser(on, row, { id: credential.userId, epoch }, lock))
      .onConflict((conflict) => conflict.column('credential_id').doNothing())
      .executeTakeFirst()
  }

  return {
    async insert(credential, epoch) {
      const { numInsertedOrUpdatedRows } = await insertIfUser(db, credential, epoch)
      return numInsertedOrUpdatedRows === 1n
    },

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

    confirm: (id, { counter, now }, onlyAsFirst) =>
      db.transaction().execute(async (trx) => {
        if (onlyAsFirst) {
          const all = trx
            .selectFrom('credentials')
            .select(['kind', 'confirmed_at'])
            .where('user_id', '=', (eb) =>
              eb.selectFrom('credentials').select('user_id').where('id', '=', id),
            )
            .orderBy('id')
          const locked = lock === undefined ? all : all.modifyEnd(FOR_UPDATE)
          const isFactor = (each: { kind: string; confirmed_at: unknown }) =>
            each.kind !== 'recovery' && each.confirmed_at !== null
          if ((await locked.execute()).some(isFactor)) return false
        }
        const { numUpdatedRows } = await trx
          .updateTable('credentials')
          .set({ counter, confirmed_at: now, last_used_at: now })
          .where('id', '=', id)
          .where('confirmed_at', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows === 1n
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

    async touch(id, now) {
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ last_used_at: now })
        .where('id', '=', id)
        .where('kind', '=', 'passkey')
        .where('counter', '=', 0)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async suspendPasskeys(userId, since, now) {
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ suspended_at: now })
        .where('user_id', '=', userId)
        .where('kind', '=', 'passkey')
        .where('created_at', '>=', since)
        .where('suspended_at', 'is', null)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },

    async restorePasskey(id) {
      await db
        .updateTable('credentials')
        .set({ suspended_at: null })
        .where('id', '=', id)
        .execute()
    },

    async findPasskey(credentialId) {
      const row = await db
        .selectFrom('credentials')
        .selectAll()
        .where('credential_id', '=', credentialId)
        .executeTakeFirst()
      return row && credentialOf(row)
    },

    async renamePasskey(id, userId, label) {
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ label })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('kind', '=', 'passkey')
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    deletePasskey: (id, userId, keepsLast) =>
      db.transaction().execute(async (trx) => {
        const passkeys = trx
          .selectFrom('credentials')
          .select('id')
          .where('user_id', '=', userId)
          .where('kind', '=', 'passkey')
          // In one order: two transactions that lock them do not wait for each other.
          .orderBy('id')
        const locked = lock === undefined ? passkeys : passkeys.modifyEnd(FOR_UPDATE)
        const all = await locked.execute()
        if (!all.some((each) => each.id === id)) return 'unknown'
        if (keepsLast && all.length === 1) return 'last'
        await trx.deleteFrom('credentials').where('id', '=', id).execute()
        return 'deleted'
      }),

    async redeem(userId, digests) {
      const { numDeletedRows } = await db
        .deleteFrom('credentials')
        .where('user_id', '=', userId)
        .where('kind', '=', 'recovery')
        .where('secret', 'in', digests)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    replaceRecoveryCodes: (userId, codes) =>
      db.transaction().execute(async (trx) => {
        await trx
          .deleteFrom('credentials')
          .where('user_id', '=', userId)
          .where('kind', '=', 'recovery')
          .execute()
        for (const code of codes) {
          const { numInsertedOrUpdatedRows } = await insertIfUser(trx, code)
          if (numInsertedOrUpdatedRows !== 1n) return false
        }
        return true
      }),

    async deleteTotp(id, userId) {
      const { numDeletedRows } = await db
        .deleteFrom('credentials')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('kind', '=', 'totp')
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async deleteAll(userId) {
      const { numDeletedRows } = await db
        .deleteFrom('credentials')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },

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
  }
}

/** A transaction that waited for it reads the rows again. */
const FOR_UPDATE = sql`for update`

const rowOf = ({ passkey, ...credential }: Credential): Row => ({
  id: credential.id,
  kind: credential.kind,
  user_id: credential.userId,
  label: credential.label,
  secret: credential.secret,
  counter: credential.counter,
  created_at: credential.createdAt,
  confirmed_at: credential.confirmedAt ?? null,
  last_used_at: credential.lastUsedAt ?? null,
  suspended_at: credential.suspendedAt ?? null,
  credential_id: passkey?.credentialId ?? null,
  passkey: passkey === undefined ? null : JSON.stringify(withoutId(passkey)),
})

const withoutId = ({ credentialId: _, ...rest }: PasskeyRecord) => rest

const credentialOf = (row: Row): Credential => ({
  id: row.id,
  kind: row.kind,
  userId: row.user_id,
  label: row.label,
  secret: row.secret,
  counter: row.counter,
  createdAt: row.created_at,
  confirmedAt: row.confirmed_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  suspendedAt: row.suspended_at ?? undefined,
  passkey: passkeyOf(row),
})

const passkeyOf = ({ credential_id, passkey }: Row): PasskeyRecord | undefined =>
  credential_id === null || passkey === null
    ? undefined
    : { ...JSON.parse(passkey), credentialId: credential_id }
