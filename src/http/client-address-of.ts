import type { Log } from '../base/log.ts'
import { clientAddress, UNKNOWN_ADDRESS } from './client-address.ts'
import type { AuthRequest } from './request.ts'

/** The client's address behind the trusted proxies. Logs one warning if it is unknown, or seems to be a proxy's. */
export function clientAddressBehind(
  proxies: number | null,
  log: Log,
): (request: AuthRequest) => string {
  let isLogged = false
  return (request) => {
    const address = clientAddress(request, proxies)
    if (isLogged) return address
    const event = warningFor(request, address, proxies)
    if (event !== undefined) {
      isLogged = true
      log({ level: 'warn', event })
    }
    return address
  }
}

function warningFor(
  request: AuthRequest,
  address: string,
  proxies: number | null,
): string | undefined {
  if (address === '' || address === UNKNOWN_ADDRESS) return UNKNOWN
  const isForwarded = FORWARDING.some((name) => request.header(name) !== undefined)
  if (proxies === 0 && isForwarded) return FORWARDED
  return undefined
}

/** What proxies add to a request. A client may send them, too: they say that there may be a proxy, and are trusted in nothing. */
const FORWARDING = ['x-forwarded-for', 'forwarded', 'x-real-ip']

const UNKNOWN =
  'The address of a client is unknown, so throttles count all clients as one: pass it as handler(request, { address }), ' +
  'or set the option "proxies" to the number of proxies in front.'

const FORWARDED =
  'A request came through a proxy (X-Forwarded-For), and throttles count all clients behind it as one: set the option "proxies" ' +
  '(--proxies) to the number of proxies in front. If there is none, a client sent the header and nothing has to be done.'
