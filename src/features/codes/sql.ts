import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import { tablesIn } from '../../stores/joint-writes.ts'
import type { Migration } from '../../stores/migrations.ts'
import { type Flag, flag, type Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type {
  CodeDigest,
  CodeForm,
  CodeId,
  Codes,
  CodeUser,
  PresentedCode,
  StoredCode,
} from './code.ts'
import type { CodePurpose } from './purposes.ts'

interface CodeTable {
  readonly id: CodeId
  readonly purpose: CodePurpose
  readonly form: CodeForm
  readonly target: string
  readonly user_id: UserId | null
  /** Null: the code is valid as long as the user exists. */
  readonly epoch: number | null
  readonly user_active: Flag
  readonly user_email: string | null
  readonly user_phone: string | null
  readonly digest: CodeDigest
  readonly payload: string
  readonly attempts: number
  readonly max_attempts: number | null
  readonly created_at: UnixSeconds
  readonly expires_at: UnixSeconds
  readonly redeemed_at: UnixSeconds | null
}

type CodeTables = Tables & { codes: CodeTable }

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'codes',
    statements: (schema, { text }) => [
      schema
        .createTable('codes')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('purpose', text, (column) => column.notNull())
        .addColumn('form', text, (column) => column.notNull())
        .addColumn('target', text, (column) => column.notNull())
        .addColumn('user_id', text)
        .addColumn('epoch', 'integer')
        .addColumn('user_active', 'integer', (column) => column.notNull())
        .addColumn('user_email', text)
        .addColumn('user_phone', text)
        .addColumn('digest', text, (column) => column.notNull())
        .addColumn('payload', text, (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('max_attempts', 'integer')
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision', (column) => column.notNull())
        .addColumn('redeemed_at', 'double precision'),
      // A purpose and a target have one code, also if two processes write at once.
      schema
        .createIndex('codes_by_target')
        .unique()
        .on('codes')
        .columns(['target', 'purpose']),
      schema.createIndex('codes_by_digest').on('codes').column('digest'),
      schema.createIndex('codes_by_user').on('codes').column('user_id'),
      schema.createIndex('codes_by_end').on('codes').column('expires_at'),
    ],
  },
]

/** The table of one-time codes, and the port to it. */
export const codeStore: StoreExtension<{ readonly codes: Codes }> = {
  name: 'codes',
  migrations: MIGRATIONS,
  ofUsers: ['codes'],
  ports: (db, lock) => ({
    codes: sqlCodes(db.withTables<{ codes: CodeTable }>(), lock),
  }),
}

type Row = Selectable<CodeTable>

function sqlCodes(db: Kysely<CodeTables>, lock: UserLock): Codes {
  return {
    async issue(code) {
      const row = rowOf(code)
      const { user } = code
      const columns = Object.keys(row) as (keyof Row)[]
      const insert = db.insertInto('codes').columns(columns)
      const query =
        user === undefined
          ? insert.values(row)
          : insert.expression(
              rowIfUser(db, row, { id: user.id, epoch: user.epoch }, lock),
            )
      const { numInsertedOrUpdatedRows } = await query
        .onConflict((conflict) =>
          conflict.columns(['target', 'purpose']).doUpdateSet(row),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async attempt(presented, now, mode) {
      const row = await attemptIn(db, { presented, now, mode }, lock)
      if (row === undefined) return undefined
      return { code: codeOf(row), isRight: presented.digests.includes(row.digest) }
    },

    async redeemIn(transaction, presented, now) {
      const trx = tablesIn<{ codes: CodeTable }>(transaction)
      const row = await attemptIn(trx, { presented, now, mode: 'redeem' }, lock)
      if (row !== undefined && presented.digests.includes(row.digest)) return
      throw new AuthError('invalid_code', 'the one-time code was redeemed meanwhile')
    },

    async find(presented) {
      const query = db.selectFrom('codes').selectAll().where(matches(presented))
      const row = await query.executeTakeFirst()
      return row && codeOf(row)
    },

    async findIssued(purpose, target) {
      const query = db
        .selectFrom('codes')
        .selectAll()
        .where('target', '=', target)
        .where('purpose', '=', purpose)
      const row = await query.executeTakeFirst()
      return row && codeOf(row)
    },

    async deleteAll(userId) {
      const query = db.deleteFrom('codes').where('user_id', '=', userId)
      const { numDeletedRows } = await query.executeTakeFirst()
      return Number(numDeletedRows)
    },

    async deleteSince(userId, moment) {
      const query = db
        .deleteFrom('codes')
        .where('user_id', '=', userId)
        .where('created_at', '>=', moment)
      const { numDeletedRows } = await query.executeTakeFirst()
      return Number(numDeletedRows)
    },

    async flush(moment, limit) {
      const expired = db
        .selectFrom('codes')
        .select('id')
        .where('expires_at', '<', moment)
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('codes')
        .where('id', 'in', expired)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

interface Attempt {
  readonly presented: PresentedCode
  readonly now: UnixSeconds
  readonly mode: 'redeem' | 'check'
}

/** One statement: of concurrent attempts at a right code one gets the row. */
function attemptIn(
  db: Kysely<CodeTables>,
  { presented, now, mode }: Attempt,
  lock: UserLock,
): Promise<Row | undefined> {
  const isRight = sql<boolean>`digest in (${sql.join(presented.digests)})`
  const isCounted = presented.form === 'link' && mode === 'check'
  const redeemedAt = sql<UnixSeconds>`case when ${isRight} then ${moment(now)} end`
  return db
    .updateTable('codes')
    .set({
      ...(mode === 'redeem' && { redeemed_at: redeemedAt }),
      attempts: sql<number>`attempts + case when ${isRight} then ${sql.lit(isCounted ? 1 : 0)} else 1 end`,
    })
    .where(matches(presented))
    .where('redeemed_at', 'is', null)
    .where('expires_at', '>', now)
    .where(hasAttemptsLeft(presented, mode))
    .where(hasCurrentUser(lock))
    .returningAll()
    .executeTakeFirst()
}

/** The code that a client names by what it presents: a link by its digest, digits by their target. */
const matches =
  ({ purpose, form, target, digests }: PresentedCode) =>
  (eb: ExpressionBuilder<CodeTables, 'codes'>) => {
    const known = { purpose, form, ...(target !== undefined && { target }) }
    const isNamed = listIf(form === 'link', eb('digest', 'in', digests))
    return eb.and([eb.and(known), ...isNamed])
  }

/** A link is redeemed by its digest alone, which cannot be guessed: `max_attempts` limits how often it is checked. */
const hasAttemptsLeft =
  ({ form }: PresentedCode, mode: 'redeem' | 'check') =>
  (eb: ExpressionBuilder<CodeTables, 'codes'>) => {
    if (form === 'link' && mode === 'redeem') return eb.lit(true)
    return eb.or([
      eb('max_attempts', 'is', null),
      eb('attempts', '<', eb.ref('max_attempts')),
    ])
  }

/** The user exists, and has not changed since the code was issued. */
const hasCurrentUser =
  (lock: UserLock) => (eb: ExpressionBuilder<CodeTables, 'codes'>) => {
    const same = (column: 'email' | 'phone') =>
      sql<boolean>`${sql.ref(`users.${column}`)} is not distinct from ${sql.ref(`codes.user_${column}`)}`
    const user = eb
      .selectFrom('users')
      .select('users.id')
      .whereRef('users.id', '=', 'codes.user_id')
      .where((user) =>
        user.or([
          user('codes.epoch', 'is', null),
          user.and([
            user('users.epoch', '=', user.ref('codes.epoch')),
            user('users.active', '>=', user.ref('codes.user_active')),
            same('email'),
            same('phone'),
          ]),
        ]),
      )
    const locked = lock === undefined ? user : user.modifyEnd(lock)
    return eb.or([eb('codes.user_id', 'is', null), eb.exists(locked)])
  }

/** PostgreSQL would take a parameter between `then` and `end` for a string. */
const moment = (now: UnixSeconds) => sql<UnixSeconds>`cast(${now} as double precision)`

const rowOf = ({ user, ...code }: StoredCode): Row => ({
  id: code.id,
  purpose: code.purpose,
  form: code.form,
  target: code.target,
  user_id: user?.id ?? null,
  epoch: user?.epoch ?? null,
  user_active: flag(user?.active === true),
  user_email: user?.email ?? null,
  user_phone: user?.phone ?? null,
  digest: code.digest,
  payload: JSON.stringify(code.payload),
  attempts: code.attempts,
  max_attempts: code.maxAttempts ?? null,
  created_at: code.createdAt,
  expires_at: code.expiresAt,
  redeemed_at: code.redeemedAt ?? null,
})

const codeOf = (row: Row): StoredCode => ({
  id: row.id,
  purpose: row.purpose,
  form: row.form,
  target: row.target,
  user: row.user_id === null ? undefined : userOf(row, row.user_id),
  digest: row.digest,
  payload: JSON.parse(row.payload),
  attempts: row.attempts,
  maxAttempts: row.max_attempts ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  redeemedAt: row.redeemed_at ?? undefined,
})

const userOf = (row: Row, id: UserId): CodeUser => {
  if (row.epoch === null) return { id }
  return {
    id,
    epoch: row.epoch,
    active: row.user_active === 1,
    email: row.user_email ?? undefined,
    phone: row.user_phone ?? undefined,
  }
}
