import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { mount } from '../../src/adapters/hono.ts'
import { HELLO, NO_OP, ours } from './ours.ts'
import { serveParent } from './report-usage.ts'

/** The same route in Hono; `file` is our database, or the public key for `hono/jwt`. */
const [guarded, file = ''] = process.argv.slice(2)

const app = new Hono()
if (guarded === 'unguarded') app.get('/hello/', (c) => c.json(HELLO))
else if (guarded === NO_OP)
  app.get(
    '/hello/',
    (_, next) => next(),
    (c) => c.json(HELLO),
  )
else if (guarded === 'hono/jwt') {
  app.get('/hello/', jwt({ secret: await publicKey(), alg: 'ES256' }), (c) =>
    c.json(HELLO),
  )
} else {
  const guard = mount(app, await ours(guarded!, file))
  app.get('/hello/', guard(), (c) => c.json(HELLO))
}
serveParent(createServer(getRequestListener(app.fetch)))

/** A form that `hono/jwt` uses directly; it would import any other for each request. */
function publicKey() {
  const der = Buffer.from(
    readFileSync(file, 'utf8').replace(/-----[A-Z ]+-----|\s/g, ''),
    'base64',
  )
  return crypto.subtle.importKey(
    'spki',
    der,
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['verify'],
  )
}
