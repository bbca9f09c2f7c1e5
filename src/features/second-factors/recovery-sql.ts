import type { Kysely } from 'kysely'
import type { UserLock } from '../../stores/if-user.ts'
import { makeJointWrite } from '../../stores/joint-writes.ts'
import type { Credentials } from './credential.ts'
import { type CredentialTables, insertCredential } from './credential-rows.ts'

export type RecoveryCodes = Pick<Credentials, 'redeem' | 'replaceRecoveryCodes'>

/** Recovery codes in SQL. */
export const sqlRecoveryCodes = (
  db: Kysely<CredentialTables>,
  lock: UserLock,
): RecoveryCodes => ({
  async redeem(userId, digests) {
    const { numDeletedRows } = await db
      .deleteFrom('credentials')
      .where('user_id', '=', userId)
      .where('kind', '=', 'recovery')
      .where('secret', 'in', digests)
      .executeTakeFirst()
    return numDeletedRows === 1n
  },

  replaceRecoveryCodes: (userId, codes, joint) =>
    db.transaction().execute(async (trx) => {
      await trx
        .deleteFrom('credentials')
        .where('user_id', '=', userId)
        .where('kind', '=', 'recovery')
        .execute()
      for (const code of codes) {
        if ((await insertCredential(trx, code, lock)) !== 1n) return false
      }
      await makeJointWrite(trx, joint)
      return true
    }),
})
