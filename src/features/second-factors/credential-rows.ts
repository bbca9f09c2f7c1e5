import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import { ifDefined } from '../../base/optional.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type {
  Credential,
  CredentialId,
  CredentialKind,
  PasskeyRecord,
} from './credential.ts'

export interface CredentialTable {
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

export type CredentialTables = Tables & { credentials: CredentialTable }

type Row = Selectable<CredentialTable>

/** Inserts a credential of a user who is still there. @returns how many rows */
export const insertCredential = async (
  db: Kysely<CredentialTables>,
  credential: Credential,
  lock: UserLock,
  epoch?: number,
): Promise<bigint | undefined> => {
  const row = rowOf(credential)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('credentials')
    .columns(Object.keys(row) as (keyof Row)[])
    .expression(rowIfUser(db, row, { id: credential.userId, epoch }, lock))
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows
}

type Selected<Output> = SelectQueryBuilder<CredentialTables, 'credentials', Output>

/** The rows, held until the end of the transaction. One that waited for them reads them again. */
export const lockedRows = <Output>(
  rows: Selected<Output>,
  lock: UserLock,
): Selected<Output> => (lock === undefined ? rows : rows.modifyEnd(sql`for update`))

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
  passkey: ifDefined(passkey, (record) => JSON.stringify(withoutId(record))) ?? null,
})

const withoutId = ({ credentialId: _, ...rest }: PasskeyRecord) => rest

export const credentialOf = (row: Row): Credential => ({
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

function passkeyOf({ credential_id, passkey }: Row): PasskeyRecord | undefined {
  if (credential_id === null || passkey === null) return undefined
  return { ...JSON.parse(passkey), credentialId: credential_id }
}
