import { type Kysely, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import { ifDefined } from '../../base/optional.ts'
import { isStorable } from '../../base/storable.ts'
import { allOrNothing } from '../../stores/all-or-nothing.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import { LatestMoments } from '../../stores/latest-moments.ts'
import { prepared } from '../../stores/prepared.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type {
  SigningAlgorithm,
  SigningKeyId,
  SigningKeyOwner,
  SigningKeys,
  StoredSigningKey,
} from './signing-key.ts'

interface SigningKeyTable {
  readonly id: SigningKeyId
  readonly user_id: UserId | null
  readonly client_id: string | null
  readonly algorithm: SigningAlgorithm
  readonly sealed: string | null
  /** A JWK. */
  readonly public_key: string | null
  readonly scopes: string
  readonly label: string | null
  readonly created_at: UnixSeconds
  readonly expires_at: UnixSeconds | null
  readonly last_used_at: UnixSeconds | null
  readonly replaced_by: string | null
}

/** The applications, of which the rows of this table depend. */
interface ClientTable {
  readonly id: string
  readonly disabled_at: UnixSeconds | null
}

type KeyTables = Tables & { signing_keys: SigningKeyTable; clients: ClientTable }

type Row = Selectable<SigningKeyTable>
type Db = Kysely<KeyTables>

/** The port in SQL. */
export function sqlSigningKeys(on: Kysely<Tables>, lock: UserLock): SigningKeys {
  const db: Db = on.withTables<Pick<KeyTables, 'signing_keys' | 'clients'>>()
  const find = prepared<
    { id: string },
    Row & { active: number | null; client: string | null; disabled: number | null }
  >(db, (values) =>
    db
      .selectFrom('signing_keys')
      .leftJoin('users', 'users.id', 'signing_keys.user_id')
      .leftJoin('clients', 'clients.id', 'signing_keys.client_id')
      .selectAll('signing_keys')
      .select([
        'users.active as active',
        'clients.id as client',
        'clients.disabled_at as disabled',
      ])
      .where('signing_keys.id', '=', values.id as SigningKeyId),
  )
  const uses = new LatestMoments<SigningKeyId>((batch) => writeUses(db, batch))

  return {
    insert: (key) => insert(db, key, lock),

    async find(id, now) {
      if (!isStorable(id)) return undefined
      const [row] = (await find({ id })).rows
      if (row === undefined || (row.expires_at ?? Infinity) <= now) return undefined
      const isOwnerActive =
        row.active === 1 || (row.client !== null && row.disabled === null)
      return { ...keyOf(row), isOwnerActive }
    },

    async list(owner, limit) {
      const all = db.selectFrom('signing_keys').selectAll()
      const rows = await (owner === undefined ? all : all.where(ownedBy(owner)))
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(keyOf)
    },

    async replace(id, next, until, now) {
      return allOrNothing(
        db,
        async (trx) =>
          (await retire(trx, { id, next, until, now })) && insert(trx, next, lock),
      )
    },

    touch: (id, now) => uses.add(id, now),

    async delete(id, owner) {
      if (!isStorable(id)) return undefined
      const query = db.deleteFrom('signing_keys').where('id', '=', id as SigningKeyId)
      const row = await (owner === undefined ? query : query.where(ownedBy(owner)))
        .returningAll()
        .executeTakeFirst()
      return row && keyOf(row)
    },

    async deleteAll(owner) {
      const { numDeletedRows } = await db
        .deleteFrom('signing_keys')
        .where(ownedBy(owner))
        .executeTakeFirst()
      return Number(numDeletedRows)
    },

    async flush(moment, limit) {
      const dead = db
        .selectFrom('signing_keys')
        .select('id')
        .where('expires_at', '<', moment)
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('signing_keys')
        .where('id', 'in', dead)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** A condition of a query on the table. */
const ownedBy = ({ userId, clientId }: SigningKeyOwner) =>
  userId === undefined
    ? sql<boolean>`client_id = ${clientId}`
    : sql<boolean>`user_id = ${userId}`

/** The owner is read in the statement that writes: a key of a deleted or disabled owner would outlive what deletes the owner's keys. */
async function insert(db: Db, key: StoredSigningKey, lock: UserLock): Promise<boolean> {
  const row = rowOf(key)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('signing_keys')
    .columns(Object.keys(row) as (keyof Row)[])
    .expression(rowIfOwner(db, key, row, lock))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

function rowIfOwner(
  db: Db,
  { userId, clientId }: StoredSigningKey,
  row: Row,
  lock: UserLock,
) {
  if (userId !== undefined) return rowIfUser(db, row, { id: userId }, lock)
  const client = db
    .selectFrom('clients')
    .where('clients.id', '=', String(clientId))
    .where('clients.disabled_at', 'is', null)
    .select((eb) => Object.entries(row).map(([name, value]) => eb.val(value).as(name)))
  return lock === undefined ? client : client.modifyEnd(lock)
}

interface Retirement {
  readonly id: SigningKeyId
  readonly next: StoredSigningKey
  readonly until: UnixSeconds
  readonly now: UnixSeconds
}

async function retire(db: Db, { id, next, until, now }: Retirement): Promise<boolean> {
  const end = sql<UnixSeconds>`cast(${until} as double precision)`
  const { numUpdatedRows } = await db
    .updateTable('signing_keys')
    .set({
      replaced_by: next.id,
      expires_at: sql`case when expires_at < ${end} then expires_at else ${end} end`,
    })
    .where('id', '=', id)
    .where('replaced_by', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Never moves a use back: another process may have written a later one. */
async function writeUses(
  db: Db,
  batch: ReadonlyMap<SigningKeyId, UnixSeconds>,
): Promise<void> {
  const rows = [...batch].map(
    ([id, at]) => sql`(cast(${id} as text), cast(${at} as double precision))`,
  )
  await sql`with used(id, at) as (values ${sql.join(rows)})
    update signing_keys set last_used_at = used.at from used
    where signing_keys.id = used.id
      and coalesce(signing_keys.last_used_at, 0) < used.at`.execute(db)
}

const rowOf = (key: StoredSigningKey): Row => ({
  id: key.id,
  user_id: key.userId ?? null,
  client_id: key.clientId ?? null,
  algorithm: key.algorithm,
  sealed: key.sealed ?? null,
  public_key: ifDefined(key.publicKey, (jwk) => JSON.stringify(jwk)) ?? null,
  scopes: JSON.stringify(key.scopes),
  label: key.label ?? null,
  created_at: key.createdAt,
  expires_at: key.expiresAt ?? null,
  last_used_at: key.lastUsedAt ?? null,
  replaced_by: key.replacedBy ?? null,
})

const keyOf = (row: Row): StoredSigningKey => ({
  id: row.id,
  userId: row.user_id ?? undefined,
  clientId: row.client_id ?? undefined,
  algorithm: row.algorithm,
  sealed: row.sealed ?? undefined,
  publicKey: row.public_key === null ? undefined : JSON.parse(row.public_key),
  scopes: JSON.parse(row.scopes),
  label: row.label ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  replacedBy: row.replaced_by ?? undefined,
})
