import type { Log } from '../base/log.ts'
import { clientAddress } from './client-address.ts'
import type { AuthRequest } from './request.ts'

/** The client's address behind the trusted proxies. Logs one warning if it is unknown. */
export function clientAddressBehind(
  proxies: number | null,
  log: Log,
): (request: AuthRequest) => string {
  let isLogged = false
  return (request) => {
    const address = clientAddress(request, proxies)
    if (address === '' && !isLogged) {
      isLogged = true
      log({ level: 'warn', event: UNKNOWN })
    }
    return address
  }
}

const UNKNOWN =
  'The address of a client is unknown, so throttles count all clients as one: pass it as handler(request, { address }), ' +
  'or set the option "proxies" to the number of proxies in front.'
