import {
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type Selectable,
  sql,
} from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import { ifDefined } from '../base/optional.ts'
import { isStorable } from '../base/storable.ts'
import type {
  FeedPosition,
  NewSession,
  RevokeReason,
  RotatedSession,
  SessionGrant,
  SessionId,
  SessionOrigin,
  SessionState,
  Sessions,
  SessionUse,
  StoredSession,
} from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'
import { filledUp } from './filled-up.ts'
import { rowIfUser, type UserLock } from './if-user.ts'
import { prepared } from './prepared.ts'
import {
  type Deadline,
  type RecoverySwap,
  recoveryQuery,
  recoverySwapOf,
  type Swap,
  swapOf,
  swapQuery,
} from './session-swap.ts'
import { type Flag, flag, type SessionTable, type Tables } from './tables.ts'

type Row = Selectable<SessionTable>

/** The columns of a `RotatedSession`. */
export const ROTATED = [
  'sessions.id',
  'sessions.user_id',
  'sessions.generation',
  'sessions.jti',
  'sessions.previous_jti',
  'sessions.lost_answers',
  'sessions.spent_at',
  'sessions.rotated_at',
  'sessions.created_at',
  'sessions.expires_at',
  'sessions.idle_expires_at',
  'sessions.epoch',
  'sessions.ended_at',
  'sessions.end_reason',
] as const

type NameOf<Column> = Column extends `sessions.${infer Name extends keyof Row}`
  ? Name
  : never
export type RotatedRow = Pick<Row, NameOf<(typeof ROTATED)[number]>>
type StateRow = Row & {
  readonly user_active: Flag | null
  readonly user_epoch: number | null
}

export interface SqlSessionsOptions {
  readonly deadline?: Deadline
  readonly lock?: UserLock
  /** Leaves out rows that another transaction is changing; `undefined` if the database has one writer at a time. */
  readonly skipLocked?: RawBuilder<unknown> | undefined
}

/** Sessions in SQL. Every verb is one statement, which checks its condition itself. */
export function sqlSessions(
  db: Kysely<Tables>,
  { deadline, lock, skipLocked }: SqlSessionsOptions = {},
): Sessions {
  const insertIfUser = insertIfUserStatement(db, lock)
  const insertIfMissing = insertIfMissingStatement(db)
  const swap = swapStatement(db, deadline)
  const recover = recoveryStatement(db, deadline)
  const find = findStatement(db)

  return {
    async open(session, require) {
      const { userId } = session
      if (userId === undefined) return false
      const leastActive = flag(require.active)
      const { numAffectedRows } = await insertIfUser({
        ...valuesOf(session),
        userId,
        leastActive,
      })
      return numAffectedRows === 1n
    },

    async adopt(session) {
      await insertIfMissing(valuesOf(session))
    },

    async rotate(rotation) {
      if (!isNamed(rotation)) return undefined
      const { rows } = await swap(swapOf(rotation, deadline))
      return rows[0] && rotatedOf(rows[0])
    },

    async recover(recovery) {
      if (!isNamed(recovery)) return undefined
      const { rows } = await recover(recoverySwapOf(recovery, deadline))
      return rows[0] && rotatedOf(rows[0])
    },

    async find(id) {
      const { rows } = await find({ id })
      return rows[0] && stateOf(rows[0])
    },

    async findAll(ids) {
      if (ids.length === 0) return []
      const query = stateQuery(db).where('sessions.id', 'in', filledUp(ids))
      const rows = await query.execute()
      return rows.map(stateOf)
    },

    async revoke(id, reason, now) {
      if (!isStorable(id)) return false
      const query = revokeQuery(db, id, reason, now)
      const { numUpdatedRows } = await query.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async revokeAll(userId, reason, now, except) {
      if (!isStorable(userId)) return []
      const all = revokeAllQuery(db, userId, reason, now)
      const query = except === undefined ? all : all.where('id', '<>', except)
      const revoked = await query.execute()
      return revoked.map(({ id }) => id)
    },

    async revokeAllOfClient(clientId, reason, now, own) {
      if (!isStorable(clientId)) return []
      const all = revokeAllOfClientQuery(db, clientId, reason, now)
      const query =
        own === undefined
          ? all
          : all.where('user_id', 'is', null).where('id', '<>', own.except)
      const revoked = await query.execute()
      return revoked.map(({ id }) => id)
    },

    async carryOver(userId, epoch, { only, ofApplications }) {
      if (!isStorable(only ?? '')) return 0
      const all = carryOverQuery(db, userId, epoch)
      const allowed = ofApplications ? all : all.where('client_id', 'is', null)
      const query = only === undefined ? allowed : allowed.where('id', '=', only)
      const { numUpdatedRows } = await query.executeTakeFirst()
      return Number(numUpdatedRows)
    },

    async list(userId) {
      const rows = await listQuery(db, userId).execute()
      return rows.map(sessionOf)
    },

    async recordUses(uses) {
      const storable = uses.filter(({ id }) => isStorable(id))
      if (storable.length > 0) await usesQuery(storable, skipLocked).execute(db)
    },

    async revokedSince(from, limit) {
      const rows = await revokedSinceQuery(db, from).limit(limit).execute()
      return rows.map(({ id, ended_at }) => ({
        id,
        revokedAt: ended_at as UnixSeconds,
      }))
    },

    async flush(moment, limit) {
      const { numDeletedRows } = await flushQuery(db, moment, limit).executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** Whether a row may have what a token names. */
const isNamed = ({ id, jti }: Pick<StoredSession, 'id' | 'jti'>): boolean =>
  isStorable(id) && isStorable(jti)

type SignIn = Values & { readonly userId: UserId; readonly leastActive: Flag }

const insertIfUserStatement = (db: Kysely<Tables>, lock: UserLock) =>
  prepared<SignIn, never>(db, (values) => {
    const row = rowOf(values)
    const { userId: id, epoch, leastActive } = values
    return db
      .insertInto('sessions')
      .columns(Object.keys(row) as (keyof Row)[])
      .expression(rowIfUser(db, row, { id, epoch, leastActive }, lock))
  })

const insertIfMissingStatement = (db: Kysely<Tables>) =>
  prepared<Values, never>(db, (values) =>
    db
      .insertInto('sessions')
      .values(rowOf(values))
      .onConflict((conflict) => conflict.column('id').doNothing()),
  )

const swapStatement = (db: Kysely<Tables>, deadline: Deadline | undefined) =>
  prepared<Swap, RotatedRow>(db, (values) =>
    swapQuery(db, values, deadline).returning(ROTATED),
  )

const recoveryStatement = (db: Kysely<Tables>, deadline: Deadline | undefined) =>
  prepared<RecoverySwap, RotatedRow>(db, (values) =>
    recoveryQuery(db, values, deadline).returning(ROTATED),
  )

const stateQuery = (db: Kysely<Tables>) =>
  db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(['users.active as user_active', 'users.epoch as user_epoch'])

const findStatement = (db: Kysely<Tables>) =>
  prepared<{ id: SessionId }, StateRow>(db, (values) =>
    stateQuery(db).where('sessions.id', '=', values.id),
  )

/** Reasons that concern the user; one that concerns the token replaces them. */
const USER_REASONS: readonly RevokeReason[] = ['password', 'inactive', 'deleted']

function revokeQuery(
  db: Kysely<Tables>,
  id: SessionId,
  reason: RevokeReason,
  now: UnixSeconds,
) {
  const query = db
    .updateTable('sessions')
    .set((eb) => ({
      ended_at: eb.fn.coalesce('ended_at', eb.val(now)),
      end_reason: reason,
      expires_at: endOfOwn(eb, now),
    }))
    .where('id', '=', id)
  if (USER_REASONS.includes(reason)) return query.where('ended_at', 'is', null)
  return query.where((eb) =>
    eb.or([eb('ended_at', 'is', null), eb('end_reason', 'in', USER_REASONS)]),
  )
}

/** The session that an application has for itself has no end of its own, so that `flush` would never delete it. */
const endOfOwn = (eb: ExpressionBuilder<Tables, 'sessions'>, now: UnixSeconds) =>
  eb
    .case()
    .when(eb.and([eb('user_id', 'is', null), eb('client_id', 'is not', null)]))
    .then(now)
    .else(eb.ref('expires_at'))
    .end()

const revokeAllQuery = (
  db: Kysely<Tables>,
  userId: UserId,
  reason: RevokeReason,
  now: UnixSeconds,
) =>
  db
    .updateTable('sessions')
    .set({ ended_at: now, end_reason: reason })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .returning('id')

const revokeAllOfClientQuery = (
  db: Kysely<Tables>,
  clientId: string,
  reason: RevokeReason,
  now: UnixSeconds,
) =>
  db
    .updateTable('sessions')
    .set((eb) => ({ ended_at: now, end_reason: reason, expires_at: endOfOwn(eb, now) }))
    .where('client_id', '=', clientId)
    .where('ended_at', 'is', null)
    .returning('id')

const carryOverQuery = (db: Kysely<Tables>, userId: UserId, epoch: number) =>
  db
    .updateTable('sessions')
    .set({ epoch: epoch + 1 })
    .where('user_id', '=', userId)
    .where('epoch', '=', epoch)
    .where('ended_at', 'is', null)

const listQuery = (db: Kysely<Tables>, userId: UserId) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')

/** One that waits for no row cannot deadlock with a statement that changes several. */
const usesQuery = (uses: readonly SessionUse[], skipLocked = sql``) => sql`
  with used (id, at) as (values ${sql.join(
    uses.map(({ id, at }) => sql`(cast(${id} as text), cast(${at} as double precision))`),
  )}),
  found (id, at) as (
    select sessions.id, used.at from sessions join used on sessions.id = used.id
    where sessions.last_used_at is null or sessions.last_used_at < used.at
    ${skipLocked}
  )
  update sessions set last_used_at = found.at from found where sessions.id = found.id`

const revokedSinceQuery = (
  db: Kysely<Tables>,
  { revokedAt, id = '' as SessionId }: FeedPosition,
) =>
  db
    .selectFrom('sessions')
    .select(['id', 'ended_at'])
    .where('ended_at', '>=', revokedAt)
    .where((eb) => eb.or([eb('ended_at', '>', revokedAt), eb('id', '>', id)]))
    .orderBy('ended_at')
    .orderBy('id')

const flushQuery = (db: Kysely<Tables>, moment: UnixSeconds, limit: number) =>
  db
    .deleteFrom('sessions')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('id')
        .where('expires_at', '<', moment)
        .limit(limit),
    )

/** A prepared statement takes its values by name. */
type Values = Omit<NewSession, 'origin' | 'grant' | 'jkt'> & {
  readonly jkt: string | null
} & ReturnType<typeof originRow> &
  ReturnType<typeof grantRow>

const valuesOf = ({ origin, grant, jkt, ...session }: NewSession): Values => ({
  ...session,
  jkt: jkt ?? null,
  ...originRow(origin),
  ...grantRow(grant),
})

const rowOf = (session: Values): Row => ({
  id: session.id,
  user_id: session.userId ?? null,
  generation: 0,
  jti: session.jti,
  previous_jti: null,
  rotated_at: null,
  created_at: session.createdAt,
  expires_at: session.expiresAt,
  idle_expires_at: session.idleExpiresAt,
  epoch: session.epoch,
  ended_at: null,
  end_reason: null,
  lost_answers: 0,
  spent_at: null,
  address: session.address,
  user_agent: session.user_agent,
  amr: session.amr,
  auth_time: session.auth_time,
  actor: session.actor,
  last_used_at: null,
  client_id: session.client_id,
  scopes: session.scopes,
  resource: session.resource,
  jkt: session.jkt,
})

const originRow = (origin: SessionOrigin | undefined) => ({
  address: origin?.address ?? null,
  user_agent: origin?.userAgent ?? null,
  amr: ifDefined(origin?.amr, (methods) => JSON.stringify(methods)) ?? null,
  auth_time: (origin?.authTime as UnixSeconds | undefined) ?? null,
  actor: origin?.actor ?? null,
})

const grantRow = (grant: SessionGrant | undefined) => ({
  client_id: grant?.clientId ?? null,
  scopes: grant?.scopes.join(' ') ?? null,
  resource: grant === undefined ? null : JSON.stringify(grant.resource),
})

const NONE: readonly string[] = []

function stateOf(row: StateRow): SessionState {
  const session = sessionOf(row)
  const { user_active: active, user_epoch: epoch } = row
  if (active === null || epoch === null) return { session, user: undefined }
  return { session, user: { active: active === 1, epoch } }
}

export const rotatedOf = (row: RotatedRow): RotatedSession => ({
  id: row.id,
  userId: row.user_id ?? undefined,
  generation: row.generation,
  jti: row.jti,
  previousJti: row.previous_jti ?? undefined,
  lostAnswers: row.lost_answers,
  spentAt: (row.lost_answers === 0 ? row.rotated_at : row.spent_at) ?? undefined,
  rotatedAt: row.rotated_at ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  idleExpiresAt: row.idle_expires_at,
  epoch: row.epoch,
  revokedAt: row.ended_at ?? undefined,
  revokeReason: row.end_reason ?? undefined,
})

export const sessionOf = (row: Row): StoredSession => ({
  ...rotatedOf(row),
  address: row.address ?? undefined,
  userAgent: row.user_agent ?? undefined,
  amr: row.amr === null ? undefined : JSON.parse(row.amr),
  authTime: row.auth_time ?? undefined,
  actor: row.actor ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  clientId: row.client_id ?? undefined,
  scopes: row.scopes?.split(' ').filter(Boolean) ?? NONE,
  resource: row.resource === null ? NONE : JSON.parse(row.resource),
  jkt: row.jkt ?? undefined,
})
