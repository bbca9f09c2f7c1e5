import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type HttpBindings, serve } from '@hono/node-server'
import { type GuardedRequest, guardOf, serves } from '../../src/adapters/fetch.ts'
import { BARE, type Setting, type Started } from './adapter.ts'
import { authOf, parsed, type Right, ROUTES } from './program.ts'
import { find } from './routing.ts'
import { testAdapter } from './test-adapter.ts'

const NO_FRAMEWORK = 'a fetch handler has no framework'

testAdapter({
  name: 'fetch',
  errors: 'watchword',
  lacks: {
    prefix: NO_FRAMEWORK,
    parsers: NO_FRAMEWORK,
    methods: NO_FRAMEWORK,
    cors: NO_FRAMEWORK,
    corsAfter: NO_FRAMEWORK,
    headerLines: 'a Response joins the headers of one name',
  },
  start,
})

async function start(setting: Setting): Promise<Started> {
  const auth = authOf(setting)
  const guard = guardOf(auth)
  const guarded = ROUTES.map((route) => {
    const { requirement, answer } = route
    const handle = async (request: GuardedRequest<unknown, Right>): Promise<Response> => {
      const id =
        find([route], { method: request.method, url: new URL(request.url).pathname })
          ?.id ?? ''
      const body = async (): Promise<unknown> =>
        parsed(request.headers.get('content-type'), await request.text())
      return Response.json(await answer({ auth: request.auth, id, body }))
    }
    return {
      ...route,
      handler: requirement === undefined ? guard(handle) : guard(requirement, handle),
    }
  })
  const fetch = async (request: Request, peer: HttpBindings): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const route = find(guarded, { method: request.method, url: pathname })?.route
    if (route !== undefined) return route.handler(request, peer)
    if (pathname === '/bare/') return Response.json(BARE)
    return serves(auth, request, peer)
      ? auth.handler(request, peer)
      : new Response('nothing', { status: 404 })
  }
  // Any runtime with `Request` and `Response` works.
  const server = serve({ fetch: fetch as never, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await auth.close()
    },
  }
}
