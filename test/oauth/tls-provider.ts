import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mount } from '../../src/adapters/node.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { buildWatchword } from '../build-watchword.ts'
import { URL_OF_APP } from './setup.ts'

/** A provider whose log is sent to the process that has started it. Argument: the applications, as JSON. */
const [, , clients = '[]'] = process.argv
const auth = buildWatchword({
  url: URL_OF_APP,
  secret: 'a secret of the tests, which is long enough',
  database: ':memory:',
  oauth: { clientDocuments: true },
  log: (entry) => process.send?.({ log: entry }),
})
await auth.migrate()
for (const each of JSON.parse(clients) as readonly NewClient[])
  await auth.clients.create(each)
const server = createServer()
mount(server, auth)
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.({ port: (server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())
