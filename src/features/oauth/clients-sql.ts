import { type Kysely, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import { isStorable } from '../../base/storable.ts'
import type { SessionId } from '../../sessions/session.ts'
import { type Flag, flag, type Tables } from '../../stores/tables.ts'
import type {
  ClientId,
  ClientProof,
  Clients,
  SecretDigest,
  StoredClient,
} from './client.ts'
import type { SubjectType } from './pairwise/pairwise-options.ts'

interface ClientTable {
  readonly id: ClientId
  readonly name: string
  readonly proof: ClientProof
  readonly secret: SecretDigest | null
  readonly previous_secret: SecretDigest | null
  readonly previous_secret_until: UnixSeconds | null
  /** JSON: a list of JWKs. */
  readonly keys: string
  readonly jwks_uri: string | null
  /** JSON: lists of strings. */
  readonly redirect_uris: string
  readonly post_logout_redirect_uris: string
  readonly grants: string
  readonly scopes: string
  readonly resources: string
  readonly audiences: string
  readonly skip_consent: Flag
  readonly dpop_bound: Flag
  readonly requires_par: Flag
  readonly session_id: SessionId
  readonly created_at: UnixSeconds
  readonly disabled_at: UnixSeconds | null
  readonly registration_token: SecretDigest | null
  readonly document_until: UnixSeconds | null
  readonly backchannel_logout_uri: string | null
  readonly backchannel_logout_session: Flag
  readonly subject_type: SubjectType
  readonly sector_identifier_uri: string | null
}

export type OAuthTables = { clients: ClientTable }

type Row = Selectable<ClientTable>

export function sqlClients(db: Kysely<Tables & OAuthTables>): Clients {
  return {
    async insert(client) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('clients')
        .values(rowOf(client))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async find(id) {
      if (!isStorable(id)) return undefined
      const row = await db
        .selectFrom('clients')
        .selectAll()
        .where('id', '=', id as ClientId)
        .executeTakeFirst()
      return row && clientOf(row)
    },

    async list() {
      const rows = await db
        .selectFrom('clients')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(clientOf)
    },

    async replaceSecret({ id, secret }, next) {
      if (secret === undefined) return false
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set({
          secret: next.secret,
          previous_secret: secret,
          previous_secret_until: next.previousUntil,
          session_id: next.sessionId,
        })
        .where('id', '=', id)
        .where('secret', '=', secret)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async replaceSession({ id, sessionId: former }, sessionId) {
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set({ session_id: sessionId })
        .where('id', '=', id)
        .where('session_id', '=', former)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async changeRegistered(client) {
      const { registrationToken } = client
      if (registrationToken === undefined) return false
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set(registeredColumns(client))
        .where('id', '=', client.id)
        .where('registration_token', '=', registrationToken)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async storeDocument(client) {
      const row = rowOf(client)
      const { document_until } = row
      const changed = { ...registeredColumns(client), document_until }
      // One that an operator has registered under this id stays as it is.
      const isDocument = sql<boolean>`clients.document_until is not null`
      await db
        .insertInto('clients')
        .values(row)
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet(changed).where(isDocument),
        )
        .execute()
      const stored = await db
        .selectFrom('clients')
        .selectAll()
        .where('id', '=', client.id)
        .executeTakeFirstOrThrow()
      return clientOf(stored)
    },

    async replace(before, after) {
      const same = Object.entries(rowOf(before)).reduce(
        (query, [name, value]) =>
          query.where(name as keyof Row, value === null ? 'is' : '=', value),
        db.updateTable('clients').set(rowOf(after)),
      )
      const { numUpdatedRows } = await same.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async disable(id, now) {
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set({ disabled_at: now })
        .where('id', '=', id)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async enable(id) {
      const { numUpdatedRows } = await db
        .updateTable('clients')
        .set({ disabled_at: null })
        .where('id', '=', id)
        .where('disabled_at', 'is not', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async delete(id) {
      const { numDeletedRows } = await db
        .deleteFrom('clients')
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async unused(before, limit) {
      const rows = await db
        .selectFrom('clients')
        .select('clients.id')
        .where('created_at', '<', before)
        .where('disabled_at', 'is', null)
        .where(({ eb, or }) =>
          or([
            eb('registration_token', 'is not', null),
            eb('document_until', 'is not', null),
          ]),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('sessions')
                .select('sessions.id')
                .whereRef('sessions.client_id', '=', 'clients.id')
                .where('sessions.user_id', 'is not', null),
            ),
          ),
        )
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

const rowOf = (client: StoredClient): Row => ({
  id: client.id,
  name: client.name,
  proof: client.proof,
  secret: client.secret ?? null,
  previous_secret: client.previousSecret ?? null,
  previous_secret_until: client.previousSecretUntil ?? null,
  keys: JSON.stringify(client.keys),
  jwks_uri: client.jwksUri ?? null,
  redirect_uris: JSON.stringify(client.redirectUris),
  post_logout_redirect_uris: JSON.stringify(client.postLogoutRedirectUris),
  grants: JSON.stringify(client.grants),
  scopes: JSON.stringify(client.scopes),
  resources: JSON.stringify(client.resources),
  audiences: JSON.stringify(client.audiences),
  skip_consent: flag(client.skipConsent),
  dpop_bound: flag(client.dpopBoundAccessTokens),
  requires_par: flag(client.requirePushedAuthorizationRequests),
  session_id: client.sessionId,
  created_at: client.createdAt,
  disabled_at: client.disabledAt ?? null,
  registration_token: client.registrationToken ?? null,
  document_until: client.documentUntil ?? null,
  backchannel_logout_uri: client.backchannelLogoutUri ?? null,
  backchannel_logout_session: flag(client.backchannelLogoutSessionRequired),
  subject_type: client.subjectType,
  sector_identifier_uri: client.sectorIdentifierUri ?? null,
})

/** What an application says of itself. The rest is a matter of the operator and of the server. */
const REGISTERED = [
  'name',
  'proof',
  'grants',
  'scopes',
  'keys',
  'jwks_uri',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session',
  'dpop_bound',
  'requires_par',
  'subject_type',
  'sector_identifier_uri',
] as const satisfies readonly (keyof Row)[]

function registeredColumns(client: StoredClient): Partial<Row> {
  const row = rowOf(client)
  return Object.fromEntries(REGISTERED.map((name) => [name, row[name]]))
}

const clientOf = (row: Row): StoredClient => ({
  id: row.id,
  name: row.name,
  proof: row.proof,
  secret: row.secret ?? undefined,
  previousSecret: row.previous_secret ?? undefined,
  previousSecretUntil: row.previous_secret_until ?? undefined,
  keys: JSON.parse(row.keys),
  jwksUri: row.jwks_uri ?? undefined,
  redirectUris: JSON.parse(row.redirect_uris),
  postLogoutRedirectUris: JSON.parse(row.post_logout_redirect_uris),
  grants: JSON.parse(row.grants),
  scopes: JSON.parse(row.scopes),
  resources: JSON.parse(row.resources),
  audiences: JSON.parse(row.audiences),
  skipConsent: row.skip_consent === 1,
  dpopBoundAccessTokens: row.dpop_bound === 1,
  requirePushedAuthorizationRequests: row.requires_par === 1,
  subjectType: row.subject_type,
  sectorIdentifierUri: row.sector_identifier_uri ?? undefined,
  sessionId: row.session_id,
  createdAt: row.created_at,
  disabledAt: row.disabled_at ?? undefined,
  registrationToken: row.registration_token ?? undefined,
  documentUntil: row.document_until ?? undefined,
  backchannelLogoutUri: row.backchannel_logout_uri ?? undefined,
  backchannelLogoutSessionRequired: row.backchannel_logout_session === 1,
})
