import type { IncomingMessage } from 'node:http'
import { NodeRequest } from '../adapters/node.ts'
import { systemRandom } from '../base/random.ts'
import { REQUEST_ID, requestIdOf } from '../http/request-id.ts'
import { bounded, clientAddress } from '../http/client-address.ts'
import type { Caller } from './request-log.ts'

/** @param proxies how many stand in front; where there are none, nobody is believed about what a request is called */
export function callerOf(incoming: IncomingMessage, proxies: number): Caller {
  const request = new NodeRequest(incoming)
  const sent = proxies > 0 ? request.header(REQUEST_ID) : undefined
  return { request: requestIdOf(sent, systemRandom), address: bounded(clientAddress(request, proxies)) }
}
