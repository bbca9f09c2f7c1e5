import type { IncomingMessage } from 'node:http'
import { NodeRequest } from '../adapters/node-request.ts'
import { systemRandom } from '../base/random.ts'
import { clientAddress, truncateAddress } from '../http/client-address.ts'
import { REQUEST_ID, requestIdOf } from '../http/request-id.ts'
import type { RequestClient } from './request-log.ts'

/** @param proxies how many are in front; only with a proxy is the request id of a header trusted */
export function clientOf(incoming: IncomingMessage, proxies: number): RequestClient {
  const request = new NodeRequest(incoming)
  const givenId = proxies > 0 ? request.header(REQUEST_ID) : undefined
  return {
    request: requestIdOf(givenId, systemRandom),
    address: truncateAddress(clientAddress(request, proxies)),
  }
}
