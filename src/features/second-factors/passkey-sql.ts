import type { Kysely } from 'kysely'
import type { UserLock } from '../../stores/if-user.ts'
import { removeSignInRow, type SignInRows } from '../../stores/sign-in-rows.ts'
import type { Credentials } from './credential.ts'
import { type CredentialTables, credentialOf } from './credential-rows.ts'

export type Passkeys = Pick<
  Credentials,
  | 'touch'
  | 'suspendPasskeys'
  | 'restorePasskey'
  | 'findPasskey'
  | 'renamePasskey'
  | 'deletePasskey'
>

/** Passkeys in SQL. */
export const sqlPasskeys = (db: Kysely<CredentialTables>, lock: UserLock): Passkeys => ({
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

  deletePasskey: (id, userId, ways, joint) =>
    removeSignInRow(db, { id, userId, from: PASSKEY_ROWS, ways, joint }, lock),
})

export const PASSKEY_ROWS: SignInRows = {
  table: 'credentials',
  where: { kind: ['passkey'] },
}
