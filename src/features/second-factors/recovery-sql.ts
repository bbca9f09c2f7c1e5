import type { Kysely } from 'kysely'
import { holdUser, type UserLock } from '../../stores/if-user.ts'
import { makeJointWrite } from '../../stores/joint-writes.ts'
import type { UserId } from '../../users/user.ts'
import type { Credentials } from './credential.ts'
import { type CredentialTables, insertCredential } from './credential-rows.ts'

export type RecoveryCodes = Pick<
  Credentials,
  'redeem' | 'replaceRecoveryCodes' | 'deleteUnusedRecoveryCodes'
>

/** Recovery codes in SQL. */
export const sqlRecoveryCodes = (
  db: Kysely<CredentialTables>,
  lock: UserLock,
): RecoveryCodes => ({
  async redeem(userId, digests) {
    const { numDeletedRows } = await codesOf(db, userId)
      .where('secret', 'in', digests)
      .executeTakeFirst()
    return numDeletedRows === 1n
  },

  replaceRecoveryCodes: (userId, codes, joint) =>
    db.transaction().execute(async (trx: Kysely<CredentialTables>) => {
      if (!(await holdUser(trx, { id: userId }, lock))) return false
      await codesOf(trx, userId).execute()
      for (const code of codes) {
        if ((await insertCredential(trx, code, lock)) !== 1n) return false
      }
      await makeJointWrite(trx, joint)
      return true
    }),

  deleteUnusedRecoveryCodes: async (userId) => {
    const factor = db
      .selectFrom('credentials')
      .select('id')
      .where('user_id', '=', userId)
      .where('kind', '!=', 'recovery')
      .where('confirmed_at', 'is not', null)
    await codesOf(db, userId)
      .where(({ not, exists }) => not(exists(factor)))
      .execute()
  },
})

const codesOf = (db: Kysely<CredentialTables>, userId: UserId) =>
  db
    .deleteFrom('credentials')
    .where('user_id', '=', userId)
    .where('kind', '=', 'recovery')
