import type { Log } from '../base/log.ts'
import { clientAddress } from './client-address.ts'
import type { AuthRequest } from './request.ts'

/** Whose request it is, behind the proxies that are trusted; where nobody can tell, the operator is told so, once. */
export function clientAddressBehind(
  proxies: number | null,
  log: Log,
): (request: AuthRequest) => string {
  let told = false
  return (request) => {
    const address = clientAddress(request, proxies)
    if (address === '' && !told) {
      told = true
      log({ level: 'warn', event: UNKNOWN })
    }
    return address
  }
}

const UNKNOWN =
  'the addresses of clients are not known here, so throttles count all of them as one: hand them over, as ' +
  'handler(request, { address }), or set "proxies" to the number of proxies in front'
