import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mount } from '../../src/adapters/node.ts'
import { buildWatchword } from '../build-watchword.ts'
import { optionsFor } from './processes.ts'

/** One of several processes with a guarded route. Argument: the database. */
const [, , database = ''] = process.argv
const server = createServer()
const guard = mount(server, buildWatchword(optionsFor(database)))
server.on(
  'request',
  guard((request, response) => {
    response.end(request.auth.user.username)
  }),
)
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.((server.address() as AddressInfo).port)
