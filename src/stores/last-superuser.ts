import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { UserId } from '../users/user.ts'

/**
 * What locks the superusers that a statement reads, each in the same order: two that remove one each wait for each other. `undefined` if
 * the database runs statements that write one after the other.
 */
export type SuperuserLock = RawBuilder<unknown> | undefined

export const FOR_UPDATE: SuperuserLock = sql`for update`

/** Whether an active superuser is left without this user. A materialized query is not merged with the condition around it. */
export const leavesSuperuser = (id: UserId, lock: SuperuserLock): RawBuilder<SqlBool> =>
  sql<SqlBool>`(superuser = 0 or active = 0 or exists (
    with superusers as materialized (
      select id from users where superuser = 1 and active = 1 order by id ${lock ?? sql``}
    )
    select 1 from superusers where id <> ${id}))`
