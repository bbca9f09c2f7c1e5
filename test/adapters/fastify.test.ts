import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { mount, type WithAuth } from '../../src/adapters/fastify.ts'
import { BARE, OOPS, ORIGIN, type Setting, type Started } from './adapter.ts'
import { authOf, type Right, ROUTES } from './program.ts'
import { testAdapter } from './test-adapter.ts'

testAdapter({ name: 'fastify', errors: 'program', start })

async function start(setting: Setting): Promise<Started> {
  const auth = authOf(setting)
  const app = fastify()
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send(OOPS))
  if (setting.cors === 'before') allowOrigin(app)
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  if (setting.parsesBodies)
    app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) =>
      done(null, body),
    )
  if (setting.prefix === '') addRoutes(app, auth)
  else app.register(async (inner) => addRoutes(inner, auth), { prefix: setting.prefix })
  if (setting.cors === 'after') allowOrigin(app)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    async stop() {
      app.server.closeAllConnections()
      await app.close()
      await auth.close()
    },
  }
}

function addRoutes(app: FastifyInstance, auth: ReturnType<typeof authOf>): void {
  const guard = mount(app, auth)
  for (const { method, path, requirement, answer } of ROUTES) {
    const respond = ({
      auth,
      params,
      body,
    }: FastifyRequest & WithAuth<unknown, Right>): object => {
      const { id = '' } = params as { readonly id?: string }
      return answer({ auth, id, body: async () => body })
    }
    app.route({
      method: method === 'ALL' ? ['GET', 'OPTIONS'] : method,
      url: path,
      handler:
        requirement === undefined
          ? guard((request) => respond(request))
          : guard(requirement, (request) => respond(request)),
    })
  }
  app.get('/bare/', () => BARE)
}

/** The part of `@fastify/cors` that the scenarios need. */
function allowOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('Access-Control-Allow-Origin', ORIGIN).header('Vary', 'Origin')
    if (
      request.method === 'OPTIONS' &&
      'access-control-request-method' in request.headers
    )
      reply.code(204).send()
    else done()
  })
}
