import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import cors from 'cors'
import { type GuardedRequest, mount, serves } from '../../src/adapters/node.ts'
import { BARE, ORIGIN, type Setting, type Started } from './adapter.ts'
import { authOf, parsed, type Right, ROUTES } from './program.ts'
import { find } from './routing.ts'
import { testAdapter } from './test-adapter.ts'

testAdapter({
  name: 'node',
  errors: 'watchword',
  lacks: {
    prefix: 'node:http has no routers',
    parsers: 'node:http has no parsers',
    methods: 'a listener shows no methods but those of describe',
    corsAfter: 'node:http has no order of listeners but that of prependListener',
  },
  start,
})

async function start(setting: Setting): Promise<Started> {
  const auth = authOf(setting)
  const server = createServer()
  const guard = mount(server, auth)
  const guarded = ROUTES.map((route) => {
    const { requirement, answer } = route
    const handle = async (
      request: GuardedRequest<unknown, Right>,
      response: ServerResponse,
    ): Promise<void> => {
      const id = find([route], request)?.id ?? ''
      const text = async (): Promise<string> =>
        Buffer.concat(await request.toArray()).toString()
      const body = async (): Promise<unknown> =>
        parsed(request.headers['content-type'], await text())
      respond(response, 200, await answer({ auth: request.auth, id, body }))
    }
    return {
      ...route,
      listener: requirement === undefined ? guard(handle) : guard(requirement, handle),
    }
  })
  server.on('request', (request, response) => {
    if (response.headersSent) return
    const route = find(guarded, request)?.route
    if (route !== undefined) route.listener(request, response)
    else if (request.url === '/bare/') respond(response, 200, BARE)
    else if (!serves(auth, request)) respond(response, 404, {})
  })
  if (setting.cors === 'before') {
    const allow = cors({ origin: ORIGIN })
    server.prependListener('request', (request, response) =>
      allow(request, response, () => undefined),
    )
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close().closeAllConnections()
      await auth.close()
    },
  }
}

function respond(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify(body))
}
