import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fastify, { type FastifyPluginAsync, type FastifyRequest } from 'fastify'
import { mount } from '../../src/adapters/fastify.ts'
import { HELLO, NO_OP, ours } from './ours.ts'
import { serveParent } from './report-usage.ts'

/** The same route in Fastify; `file` is our database, or the public key for `@fastify/jwt`. */
const [guarded, file = ''] = process.argv.slice(2)

const require = createRequire(import.meta.url)
const app = fastify()

if (guarded === 'unguarded') app.get('/hello/', () => HELLO)
else if (guarded === NO_OP)
  app.get('/hello/', { onRequest: (_, __, done) => done() }, () => HELLO)
else if (guarded === '@fastify/jwt') {
  const options = {
    secret: { public: readFileSync(file, 'utf8'), private: '' },
    verify: { algorithms: ['ES256'], cache: true },
  }
  await app.register(
    require('@fastify/jwt') as FastifyPluginAsync<typeof options>,
    options,
  )
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    await (request as FastifyRequest & { jwtVerify(): Promise<unknown> }).jwtVerify()
  }
  app.get('/hello/', { onRequest }, () => HELLO)
} else {
  const guard = mount(app, await ours(guarded!, file))
  app.get(
    '/hello/',
    guard(() => HELLO),
  )
}
await app.ready()
serveParent(app.server)
