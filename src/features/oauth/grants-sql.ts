import type { Kysely } from 'kysely'
import type { UserLock } from '../../stores/if-user.ts'
import { sqlSessions } from '../../stores/sessions.ts'
import type { Tables } from '../../stores/tables.ts'
import { codeStore } from '../codes/sql.ts'
import { insertLogin, type LoginTables } from './backchannel/sql.ts'
import type { Grants } from './client.ts'

/** Ends a transaction without writing anything. */
class Undone extends Error {}

export const sqlGrants = (db: Kysely<Tables>, lock: UserLock): Grants => ({
  async redeem(presented, session, now, login) {
    try {
      await db.transaction().execute(async (trx) => {
        const { codes } = codeStore.ports(trx, lock)
        const attempted = await codes.attempt(presented, now, 'redeem')
        if (attempted?.isRight !== true) throw new Undone()
        const sessions = sqlSessions(trx, { lock })
        const opened = await sessions.open(session, {
          active: attempted.code.user?.active === true,
        })
        if (!opened) throw new Undone()
        if (login !== undefined) await insertLogin(trx.withTables<LoginTables>(), login)
      })
      return true
    } catch (error) {
      if (error instanceof Undone) return false
      throw error
    }
  },
})
