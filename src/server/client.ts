import type { IncomingMessage } from 'node:http'
import { NodeRequest } from '../adapters/node.ts'
import { systemRandom } from '../base/random.ts'
import { clientAddress, truncateAddress } from '../http/client-address.ts'
import { REQUEST_ID, requestIdOf } from '../http/request-id.ts'
import type { RequestClient } from './request-log.ts'

/** @param proxies how many stand in front; where there are none, nobody is believed about what a request is called */
export function clientOf(incoming: IncomingMessage, proxies: number): RequestClient {
  const request = new NodeRequest(incoming)
  const sent = proxies > 0 ? request.header(REQUEST_ID) : undefined
  return {
    request: requestIdOf(sent, systemRandom),
    address: truncateAddress(clientAddress(request, proxies)),
  }
}
