import type { Kysely } from 'kysely'
import { allOrNothing } from '../../stores/all-or-nothing.ts'
import type { UserLock } from '../../stores/if-user.ts'
import { sqlSessions } from '../../stores/sessions.ts'
import type { Tables } from '../../stores/tables.ts'
import { codeStore } from '../codes/sql.ts'
import { insertLogin, type LoginTables } from './backchannel/sql.ts'
import type { Grants } from './client.ts'

export const sqlGrants = (db: Kysely<Tables>, lock: UserLock): Grants => ({
  async redeem(presented, session, now, login) {
    return allOrNothing(db, async (trx) => {
      const { codes } = codeStore.ports(trx, lock)
      const attempted = await codes.attempt(presented, now, 'redeem')
      if (attempted?.isRight !== true) return false
      const sessions = sqlSessions(trx, { lock })
      const opened = await sessions.open(session, {
        active: attempted.code.user?.active === true,
      })
      if (opened && login !== undefined)
        await insertLogin(trx.withTables<LoginTables>(), login)
      return opened
    })
  },
})
