import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mount } from '../../src/adapters/node.ts'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import { watchword } from '../../src/watchword.ts'
import { SECRET } from '../seed.ts'
import { serveParent } from './told.ts'

/** One route, `/hello/`: `bare`, or behind a guard of the scheme that is named. */
const [scheme, database = ''] = process.argv.slice(2)

function hello(_: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify({ hello: 'world' })
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

const server = createServer()
if (scheme === 'bare') server.on('request', hello)
else {
  const auth = watchword({
    database,
    secret: SECRET,
    tokens: { access: '1h' },
    authentication: [scheme === 'stateless' ? statelessBearer() : bearer()] as never,
  })
  await auth.migrate()
  server.on('request', mount(server, auth)(hello))
}
serveParent(server)
