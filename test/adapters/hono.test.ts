import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { type GuardedEnv, mount } from '../../src/adapters/hono.ts'
import { BARE, OOPS, ORIGIN, type Setting, type Started } from './adapter.ts'
import { authOf, parsed, type Right, ROUTES } from './program.ts'
import { testAdapter } from './test-adapter.ts'

testAdapter({
  name: 'hono',
  errors: 'program',
  lacks: { headerLines: 'a Response joins the headers of one name' },
  start,
})

async function start(setting: Setting): Promise<Started> {
  const auth = authOf(setting)
  const app = new Hono()
  const inner = setting.prefix === '' ? app : new Hono()
  app.onError((_, c) => c.json(OOPS, 500))
  if (setting.cors === 'before') app.use(cors({ origin: ORIGIN }))
  if (setting.parsesBodies) {
    app.use(async (c, next) => {
      const type = c.req.header('content-type') ?? ''
      if (type.startsWith('application/json')) await c.req.json()
      else if (type.startsWith('multipart/')) await c.req.formData()
      else await c.req.parseBody()
      await next()
    })
  }
  const guard = mount(inner, auth)
  if (setting.cors === 'after') app.use(cors({ origin: ORIGIN }))
  for (const { method, path, requirement, answer } of ROUTES) {
    const verb = ({ GET: 'get', POST: 'post', ALL: 'all' } as const)[method]
    const check = (
      requirement === undefined ? guard() : guard(requirement)
    ) as MiddlewareHandler<GuardedEnv<unknown, Right>>
    inner[verb](path, check, async (c) => {
      const body = async (): Promise<unknown> =>
        parsed(c.req.header('content-type'), await c.req.text())
      return c.json(await answer({ auth: c.var.auth, id: c.req.param('id') ?? '', body }))
    })
  }
  inner.get('/bare/', (c) => c.json(BARE))
  if (inner !== app) app.route(setting.prefix, inner)

  const server: ServerType = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
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
