import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import cors from 'cors'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import { type GuardedRequest, mount } from '../../src/adapters/express.ts'
import { BARE, OOPS, ORIGIN, type Setting, type Started } from './adapter.ts'
import { authOf, parsed, type Right, ROUTES } from './program.ts'
import { testAdapter } from './test-adapter.ts'

testAdapter({ name: 'express', errors: 'program', start })

async function start(setting: Setting): Promise<Started> {
  const auth = authOf(setting)
  const app = express()
  const router = setting.prefix === '' ? app : express.Router()
  if (setting.cors === 'before') app.use(cors({ origin: ORIGIN }))
  if (setting.parsesBodies) app.use(express.json(), express.urlencoded())
  const guard = mount(router, auth)
  if (setting.cors === 'after') app.use(cors({ origin: ORIGIN }))
  for (const { method, path, requirement, answer } of ROUTES) {
    const verb = ({ GET: 'get', POST: 'post', ALL: 'all' } as const)[method]
    const handle = async (
      req: GuardedRequest<unknown, Right>,
      res: Response,
    ): Promise<void> => {
      res.json(
        await answer({
          auth: req.auth,
          id: req.params.id ?? '',
          body: async () => req.body ?? read(req),
        }),
      )
    }
    router[verb](
      path,
      requirement === undefined ? guard(handle) : guard(requirement, handle),
    )
  }
  router.get('/bare/', (_, res) => void res.json(BARE))
  if (router !== app) app.use(setting.prefix, router)
  const oops: ErrorRequestHandler = (_error, _req, res, _next) =>
    void res.status(500).json(OOPS)
  app.use(oops)

  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close().closeAllConnections()
      await auth.close()
    },
  }
}

async function read(req: Request<Record<string, string>>): Promise<unknown> {
  return parsed(
    req.headers['content-type'],
    Buffer.concat(await req.toArray()).toString(),
  )
}
