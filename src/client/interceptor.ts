import { credentials } from './call.ts'
import { claimsOf } from './claims.ts'
import { CORE, type Core } from './core.ts'
import { isSafe, ownAddress } from './fetch.ts'
import { hold, recover } from './refresh.ts'
import type { Client } from './types.ts'

/** What `client.fetch` does, for libraries that send requests themselves. */
export interface Interceptor {
  /** The headers that `client.fetch` would add. @throws AuthError */
  headersFor(url: string | URL, method?: string): Promise<Record<string, string>>
  /** After a 401: whether to send again, with new headers. */
  recoverFrom401(sent: Readonly<Record<string, string>>): Promise<boolean>
}

/** Left out of the bundle if it is not imported. */
export function interceptor<U extends object>(client: Client<U>): Interceptor {
  const core = (client as unknown as { [CORE]: Core })[CORE]
  return {
    async headersFor(to, method) {
      if (!ownAddress(core, to)) return {}
      // With cookies the header shows `recoverFrom401` whose request it was.
      const isMarked = !core.cookies || !isSafe(method)
      return credentials(core, (await hold(core))?.session.access, isMarked)
    },
    async recoverFrom401(sent) {
      await core.ready
      const { session, epoch } = core
      if (!session) return false
      const held = { session, epoch }
      const access = sent.Authorization?.split(' ')[1]
      if (!access) return core.recoverCookie?.(held, sent) ?? false
      if (access === session.access)
        return (await (core.recover?.(held) ?? recover(core, held))) !== undefined
      return claimsOf(access).sid === session.claims.sid
    },
  }
}
