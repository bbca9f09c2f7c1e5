import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { guardOf } from '../../src/adapters/node.ts'
import { hawk } from '../../src/authentication.ts'
import { buildWatchword } from '../build-watchword.ts'
import { SHARED } from './shared-options.ts'

/** One of several processes that serve a guarded route. Argument: the database. */
const [, , database = ''] = process.argv
const auth = buildWatchword({ ...SHARED, database, authentication: [hawk()] })
const handler = guardOf(auth)((_, answer) => answer.end('ok'))
const server = createServer(handler)
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.((server.address() as AddressInfo).port)
