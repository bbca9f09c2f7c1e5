import { sessionCookie, tokenCookies } from '../../src/client/cookies.ts'
import { refreshAhead } from '../../src/client/refresh-ahead.ts'
import { browserStorage, storedIn, tabStorage } from '../../src/client/storages.ts'
import type { ClientOptions, TokenStorage, TokenUser } from '../../src/client/types.ts'

/** Options of a client, with names for the transports and storages: they print in the name of a test. */
export type Given<U = TokenUser> = Omit<
  ClientOptions<U>,
  'transport' | 'storage' | 'refreshAhead'
> & {
  /** Default true. */
  readonly refreshAhead?: boolean
  readonly transport?: 'body' | 'cookie' | 'session'
  readonly storage?: 'memory' | 'tab' | 'browser' | TokenStorage
}

const TRANSPORTS = { body: undefined, cookie: tokenCookies, session: sessionCookie }
const STORAGES = { memory: undefined, tab: tabStorage, browser: browserStorage }

export function optionsOf<U>(given: Given<U>): ClientOptions<U> {
  const { transport = 'body', storage = 'memory', refreshAhead: isAhead, ...rest } = given
  const others = { ...rest, ...(isAhead !== false && { refreshAhead }) }
  const through = TRANSPORTS[transport]
  const kept = typeof storage === 'object' ? storedIn(storage) : STORAGES[storage]
  if (through) return { ...others, transport: through }
  return { ...others, ...(kept && { storage: kept }) }
}
