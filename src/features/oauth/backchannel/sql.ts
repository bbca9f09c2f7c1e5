import type { Kysely } from 'kysely'
import type { UnixSeconds } from '../../../base/clock.ts'
import type { SessionId } from '../../../sessions/session.ts'
import type { Migration } from '../../../stores/migrations.ts'
import type { Tables } from '../../../stores/tables.ts'
import type { EndedLogin, Logins, NewLogin } from './login.ts'

interface LoginTable {
  readonly id: SessionId
  readonly client_id: string
  /** No column `user_id`: the row outlives a user who is deleted until the application has been notified. */
  readonly subject: string
  readonly browser_id: SessionId
  readonly expires_at: UnixSeconds
  readonly ended_at: UnixSeconds | null
  readonly attempts: number
  readonly due_at: UnixSeconds | null
}

export type LoginTables = { readonly oauth_logins: LoginTable }

export const loginMigration: Migration = {
  name: 'sign-ins to applications',
  statements: (schema, { text }) => [
    schema.alterTable('clients').addColumn('backchannel_logout_uri', text),
    schema
      .alterTable('clients')
      .addColumn('backchannel_logout_session', 'integer', (column) =>
        column.notNull().defaultTo(0),
      ),
    schema
      .createTable('oauth_logins')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('client_id', text, (column) => column.notNull())
      .addColumn('subject', text, (column) => column.notNull())
      .addColumn('browser_id', text, (column) => column.notNull())
      .addColumn('expires_at', 'double precision', (column) => column.notNull())
      .addColumn('ended_at', 'double precision')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('due_at', 'double precision'),
    schema.createIndex('oauth_logins_by_browser').on('oauth_logins').column('browser_id'),
    schema.createIndex('oauth_logins_due').on('oauth_logins').column('due_at'),
    schema.createIndex('oauth_logins_by_end').on('oauth_logins').column('expires_at'),
  ],
}

type Db = Kysely<Tables & LoginTables>

export const insertLogin = async (db: Db, login: NewLogin): Promise<void> => {
  const { id, clientId: client_id, subject, browserId: browser_id, expiresAt } = login
  const row = { id, client_id, subject, browser_id, expires_at: expiresAt }
  await db
    .insertInto('oauth_logins')
    .values({ ...row, ended_at: null, attempts: 0, due_at: null })
    .execute()
}

export const sqlLogins = (db: Db): Logins => ({
  insert: (login) => insertLogin(db, login),

  async markEnded(since, now) {
    for (const column of ['id', 'browser_id'] as const)
      await db
        .updateTable('oauth_logins')
        .set({ ended_at: now, due_at: now })
        .where('ended_at', 'is', null)
        .where(column, 'in', (eb) =>
          eb
            .selectFrom('sessions')
            .select('sessions.id')
            .where('sessions.ended_at', '>=', since as UnixSeconds)
            // No user has signed out: a token was presented twice.
            .where('sessions.end_reason', '<>', 'reuse'),
        )
        .execute()
  },

  async due(now, limit) {
    const rows = await db
      .selectFrom('oauth_logins')
      .selectAll()
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .limit(limit)
      .execute()
    return rows.map(endedOf)
  },

  async claim({ id, attempts, dueAt }, until) {
    const { numUpdatedRows } = await db
      .updateTable('oauth_logins')
      .set({ attempts: attempts + 1, due_at: until })
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .where('due_at', '=', dueAt)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  },

  async postpone(id, dueAt) {
    const set = { due_at: dueAt }
    await db.updateTable('oauth_logins').set(set).where('id', '=', id).execute()
  },

  async delete(id) {
    await db.deleteFrom('oauth_logins').where('id', '=', id).execute()
  },

  async flush(moment, limit) {
    const expired = db
      .selectFrom('oauth_logins')
      .select('id')
      .where('expires_at', '<', moment)
      .where('due_at', 'is', null)
      .limit(limit)
    const { numDeletedRows } = await db
      .deleteFrom('oauth_logins')
      .where('id', 'in', expired)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})

const endedOf = (row: LoginTable): EndedLogin => ({
  id: row.id,
  clientId: row.client_id,
  subject: row.subject,
  browserId: row.browser_id,
  expiresAt: row.expires_at,
  attempts: row.attempts,
  // Those that are due have ended.
  dueAt: row.due_at as UnixSeconds,
  endedAt: row.ended_at as UnixSeconds,
})
