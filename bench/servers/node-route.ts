import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mount } from '../../src/adapters/node.ts'
import { sessionCheck } from '../better-auth.ts'
import { HELLO, ours } from './ours.ts'
import { serveParent } from './report-usage.ts'

/** `/hello/` on `node:http` behind the named guard; `file` is its database. */
const [guarded, file = ''] = process.argv.slice(2)

function hello(_: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify(HELLO)
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

const server = createServer()
if (guarded === 'unguarded') server.on('request', hello)
else if (guarded === 'better-auth') {
  const isSignedIn = sessionCheck(file)
  server.on('request', (request, response) => {
    isSignedIn(request.headers).then((is) =>
      is ? hello(request, response) : response.writeHead(401).end(),
    )
  })
} else server.on('request', mount(server, await ours(guarded!, file))(hello))
serveParent(server)
