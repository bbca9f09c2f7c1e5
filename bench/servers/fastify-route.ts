import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { serveParent } from './told.ts'

/** The same route in fastify: `bare`, or behind `@fastify/jwt`, which looks at no store. */
const [scheme, publicKey = ''] = process.argv.slice(2)

interface Request {
  jwtVerify(): Promise<unknown>
}
interface Fastify {
  register(plugin: unknown, options: object): Promise<void>
  get(path: string, options: object, handler: () => object): void
  ready(): Promise<void>
  readonly server: import('node:net').Server
}
const require = createRequire(import.meta.url)
const app = (require('fastify') as () => Fastify)()

if (scheme === 'bare') app.get('/hello/', {}, () => ({ hello: 'world' }))
else {
  const secret = { public: readFileSync(publicKey, 'utf8'), private: '' }
  await app.register(require('@fastify/jwt'), { secret, verify: { algorithms: ['ES256'], cache: true } })
  app.get('/hello/', { onRequest: (request: Request) => request.jwtVerify() }, () => ({ hello: 'world' }))
}
await app.ready()
serveParent(app.server)
