import type { Kysely } from 'kysely'
import type { SessionId } from '../../sessions/session.ts'
import type { Tables } from '../../stores/tables.ts'
import type { ClientId } from './client.ts'

/** What users have agreed to, and what an application may do for itself: a session each. */
export interface LiveConsent {
  readonly id: SessionId
  /** Whether it is a user's. */
  readonly hasUser: boolean
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Whether its tokens are bound to a key. */
  readonly isBound: boolean
}

export interface Consents {
  /** The sessions of an application that have not been revoked. */
  live(client: ClientId): Promise<readonly LiveConsent[]>
}

export const sqlConsents = (db: Kysely<Tables>): Consents => ({
  async live(client) {
    const rows = await db
      .selectFrom('sessions')
      .select(['id', 'user_id', 'scopes', 'resource', 'jkt'])
      .where('client_id', '=', client)
      .where('ended_at', 'is', null)
      .execute()
    return rows.map(({ id, user_id, scopes, resource, jkt }) => ({
      id,
      hasUser: user_id !== null,
      scopes: (scopes ?? '').split(' ').filter(Boolean),
      resources: JSON.parse(resource ?? '[]'),
      isBound: jkt !== null,
    }))
  },
})
