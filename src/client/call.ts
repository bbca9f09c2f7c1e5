import { retryAfterOf } from './answer.ts'
import { jsonOf } from './claims.ts'
import type { Answer, Core } from './core.ts'
import { AuthError } from './error.ts'
import { within } from './platform.ts'

/** A request of the client's own. */
export interface Call {
  readonly method?: string
  readonly body?: object | undefined
  readonly access?: string | undefined
  /** Goes on if the page is left. */
  readonly keepalive?: boolean
  /** Aborts it, and is aborted by its deadline. */
  readonly stop?: AbortController | undefined
}

/** The headers that show whose request it is. */
export const credentials = <U>(
  core: Core<U>,
  access: string | undefined,
  isUnsafe: boolean,
): Record<string, string> => ({
  ...(access && { Authorization: `Bearer ${access}` }),
  ...(isUnsafe && core.csrfHeaders?.()),
})

/** Asks an endpoint of watchword. @throws AuthError `network`, `timeout`, `closed` */
export async function call<U>(
  core: Core<U>,
  address: string,
  { method = 'POST', body, access, stop = new AbortController(), ...others }: Call = {},
): Promise<Answer> {
  if (core.isClosed) throw new AuthError('closed')
  const asked = core.send(address, {
    method,
    headers: {
      Accept: 'application/json',
      ...(body && { 'Content-Type': 'application/json' }),
      ...credentials(core, access, method !== 'GET'),
    },
    body: JSON.stringify(body) ?? null,
    credentials: 'omit',
    ...core.cookies,
    redirect: 'error',
    ...others,
    signal: stop.signal,
  })
  return within(core.platform, core.settings.timeout, answerOf(core, asked), () => {
    stop.abort()
    throw new AuthError('timeout')
  })
}

async function answerOf<U>(core: Core<U>, asked: Promise<Response>): Promise<Answer> {
  try {
    const response = await asked
    const { status, headers } = response
    const text = await response.text()
    const retryAfter = retryAfterOf(headers.get('retry-after'), core.clock.wall())
    return { status, body: jsonOf(() => text), retryAfter }
  } catch (cause) {
    throw new AuthError(core.isClosed ? 'closed' : 'network', { cause })
  }
}
