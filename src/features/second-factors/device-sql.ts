import type { Kysely, Selectable } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type { DeviceId, Devices, PresentedDevice, RememberedDevice } from './device.ts'

export interface DeviceTable {
  readonly id: DeviceId
  readonly user_id: UserId
  readonly epoch: number
  readonly digest: string
  readonly created_at: UnixSeconds
  readonly expires_at: UnixSeconds
  readonly last_used_at: UnixSeconds
  readonly address: string | null
  readonly user_agent: string | null
}

type DeviceTables = Tables & { devices: DeviceTable }
type Row = Selectable<DeviceTable>

/** Forward only: a released migration is never changed. */
export const DEVICE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'devices',
    statements: (schema, { text }) => [
      schema
        .createTable('devices')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('digest', text, (column) => column.notNull().unique())
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision', (column) => column.notNull())
        .addColumn('last_used_at', 'double precision', (column) => column.notNull())
        .addColumn('address', text)
        .addColumn('user_agent', text),
      schema.createIndex('devices_by_user').on('devices').column('user_id'),
      schema.createIndex('devices_by_end').on('devices').column('expires_at'),
    ],
  },
]

export function sqlDevices(db: Kysely<DeviceTables>, lock: UserLock): Devices {
  return {
    async insert(device) {
      const row = rowOf(device)
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('devices')
        .columns(Object.keys(row) as (keyof Row)[])
        .expression(rowIfUser(db, row, { id: device.userId, epoch: device.epoch }, lock))
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async use({ userId, epoch, digests }: PresentedDevice, now) {
      const { numUpdatedRows } = await db
        .updateTable('devices')
        .set({ last_used_at: now })
        .where('digest', 'in', digests)
        .where('user_id', '=', userId)
        .where('epoch', '=', epoch)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async list({ userId, epoch }, now) {
      const rows = await db
        .selectFrom('devices')
        .selectAll()
        .where('user_id', '=', userId)
        .where('epoch', '=', epoch)
        .where('expires_at', '>', now)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(deviceOf)
    },

    async listAll(userId) {
      const rows = await db
        .selectFrom('devices')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(deviceOf)
    },

    async delete(id, userId) {
      const { numDeletedRows } = await db
        .deleteFrom('devices')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async deleteAll(userId, except = []) {
      const all = db.deleteFrom('devices').where('user_id', '=', userId)
      const query = except.length === 0 ? all : all.where('digest', 'not in', except)
      const { numDeletedRows } = await query.executeTakeFirst()
      return Number(numDeletedRows)
    },

    async flush(moment, limit) {
      const dead = db
        .selectFrom('devices')
        .leftJoin('users', 'users.id', 'devices.user_id')
        .select('devices.id')
        .where((eb) =>
          eb.or([
            eb('users.id', 'is', null),
            eb('users.epoch', '!=', eb.ref('devices.epoch')),
            eb('devices.expires_at', '<', moment),
          ]),
        )
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('devices')
        .where('id', 'in', dead)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const rowOf = (device: RememberedDevice): Row => ({
  id: device.id,
  user_id: device.userId,
  epoch: device.epoch,
  digest: device.digest,
  created_at: device.createdAt,
  expires_at: device.expiresAt,
  last_used_at: device.lastUsedAt,
  address: device.address ?? null,
  user_agent: device.userAgent ?? null,
})

const deviceOf = (row: Row): RememberedDevice => ({
  id: row.id,
  userId: row.user_id,
  epoch: row.epoch,
  digest: row.digest,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  address: row.address ?? undefined,
  userAgent: row.user_agent ?? undefined,
})
