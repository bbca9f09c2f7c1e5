import { credentials } from './call.ts'
import { claimsOf } from './claims.ts'
import { CORE, type Core } from './core.ts'
import { isSafe, ownAddress } from './fetch.ts'
import { tried } from './platform.ts'
import { hold, recover } from './refresh.ts'
import type { Client } from './types.ts'

/** What `client.fetch` does, for libraries that send requests themselves. */
export interface Interceptor {
  /** The headers that `client.fetch` would add, with `dpop()` for one sending to this address. @throws AuthError */
  headersFor(url: string | URL, method?: string): Promise<Record<string, string>>
  /** After a 401: whether to send again, with new headers. @param answer with `dpop()`, for the server's nonce and clock */
  recoverFrom401(
    sent: Record<string, string>,
    answer?: { headers: { get(name: string): unknown }; redirected?: boolean },
  ): Promise<boolean>
}

/** Left out of the bundle if it is not imported. */
export function interceptor<U extends object>(client: Client<U>): Interceptor {
  const core = (client as unknown as { [CORE]: Core })[CORE]
  return {
    async headersFor(to, method) {
      // Where a library sends it: not to the API, if the address is relative to another page.
      const { document, location } = core.platform
      const page = document?.baseURI ?? location?.href
      const sentTo = tried(() => new URL(to, page)) ?? to
      const address = ownAddress(core, sentTo)
      if (!address) return {}
      // With cookies the header shows `recoverFrom401` whose request it was.
      const isMarked = !core.cookies || !isSafe(method)
      const access = (await hold(core))?.session.access
      return {
        ...credentials(core, access, isMarked),
        ...(await core.proofHeaders?.(method ?? 'GET', address, access)),
      }
    },
    async recoverFrom401(sent, answer) {
      await core.ready
      if (answer && core.isProofOutdated?.(sent, answer)) return true
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
