import { type Answer, retryAfterOf } from './answer.ts'
import { jsonOf } from './claims.ts'
import type { Clock } from './clock.ts'
import { credentials } from './csrf.ts'
import { AuthError, closed, late } from './error.ts'
import { later, type Platform } from './platform.ts'
import type { Settings } from './settings.ts'

/** A request of the client's own. */
export interface Call {
  readonly method?: string
  readonly body?: object | undefined
  readonly access?: string | undefined
  /** Goes on if the page is left. */
  readonly keepalive?: boolean
  readonly signal?: AbortSignal
}

/** @throws AuthError `network`, `timeout`, `closed` */
export type Caller = (address: string, call: Call) => Promise<Answer>

export interface CallDeps {
  readonly platform: Platform
  readonly settings: Settings
  readonly clock: Clock
  readonly send: typeof fetch
  csrfToken(): string
  isClosed(): boolean
}

export function callerOf(deps: CallDeps): Caller {
  const { platform, clock, send, csrfToken, isClosed } = deps
  const { timeout, transport } = deps.settings
  const isBody = transport === 'body'

  const headersOf = ({ method, body, access }: Call) => ({
    Accept: 'application/json',
    ...(body && { 'Content-Type': 'application/json' }),
    ...credentials(access, !isBody && method !== 'GET' && csrfToken()),
  })

  const initOf = (sent: Call, signal: AbortSignal): RequestInit => ({
    method: sent.method ?? 'POST',
    headers: headersOf(sent),
    credentials: isBody ? 'omit' : 'include',
    redirect: 'error',
    cache: 'no-store',
    signal,
    ...(sent.body && { body: JSON.stringify(sent.body) }),
    ...(sent.keepalive && { keepalive: true }),
  })

  return async (address, sent) => {
    if (isClosed()) throw closed()
    const { signal } = sent
    const controller = new AbortController()
    const stop = () => controller.abort()
    signal?.addEventListener('abort', stop)
    const limit = later(platform, timeout, stop)
    const sentAt = clock.wall()
    try {
      const response = await send(address, initOf(sent, controller.signal))
      const { status, headers } = response
      const text = await response.text()
      const body = jsonOf(() => text)
      clock.compare(headers.get('date'), sentAt, body.access)
      const retryAfter = retryAfterOf(headers.get('retry-after'), clock.wall())
      return { status, body, retryAfter }
    } catch (cause) {
      if (isClosed()) throw closed()
      throw controller.signal.aborted && !signal?.aborted
        ? late(cause)
        : new AuthError('network', 'The server could not be reached.', { cause })
    } finally {
      platform.clearTimeout(limit)
      signal?.removeEventListener('abort', stop)
    }
  }
}
