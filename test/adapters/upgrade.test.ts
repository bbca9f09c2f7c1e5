import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mount, requestOf, upgradeGuardOf } from '../../src/adapters/node.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import { AuthError } from '../../src/base/errors.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { testInstance } from '../../src/testing/index.ts'
import { until } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

type Headers = Readonly<Record<string, string>>

/** A server that greets who opens `/feed/`, and `/editors/` for editors. */
async function server(t: TestContext) {
  const instance = testInstance({
    authentication: [bearer(), session()],
    roles: { editor: ['feed.edit'] },
  })
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const guard = upgradeGuardOf(auth)
  const greeted: string[] = []
  const routes = {
    '/feed/': guard((request, socket) => {
      greeted.push(request.auth.user.username)
      socket.end(`${SWITCHING}hello ${request.auth.user.username}`)
    }),
    '/editors/': guard('feed.edit', (_, socket) => socket.end(SWITCHING)),
    '/denying/': guard(() => {
      throw new AuthError('permission_denied')
    }),
    '/failing/': guard(async () => {
      throw new Error('OOPS')
    }),
    '/breaking/': guard(async (_, socket) => {
      socket.write(SWITCHING)
      throw new Error('OOPS')
    }),
  }
  const http = createServer()
  mount(http, auth)
  http.on('upgrade', (request, socket, head) => {
    routes[request.url as keyof typeof routes](request, socket, head)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => auth.close())
  t.after(() => void http.close().closeAllConnections())
  const { port } = http.address() as AddressInfo

  function dial(path: string, headers: Headers = {}): Socket {
    const lines = Object.entries({
      Host: `127.0.0.1:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    return socket
  }
  const open = (path: string, headers?: Headers): Promise<string> =>
    text(dial(path, headers))
  const { access } = await auth.signIn(ada)
  const bearerHeader = { Authorization: `Bearer ${access}` }
  return { ...instance, ada, port, dial, open, greeted, bearerHeader }
}

/** The cookies of ada's browser. */
async function cookiesOf(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/auth/login/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ username: 'ada', password: PASSWORD }),
  })
  assert.equal(answer.status, 200)
  return answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
}

test('an upgrade with a token reaches the listener, with its user', async (t) => {
  const { open, bearerHeader } = await server(t)

  assert.equal(await open('/feed/', bearerHeader), `${SWITCHING}hello ada`)
})

test('an upgrade without credentials is answered with 401, and the connection is closed', async (t) => {
  const { open, greeted } = await server(t)

  const answer = await open('/feed/')

  assert.match(answer, /^HTTP\/1\.1 401 Unauthorized\r\n/)
  assert.match(answer, /^www-authenticate: Bearer/im)
  assert.match(answer, /^connection: close\r$/im)
  const [, body = ''] = answer.split('\r\n\r\n')
  assert.deepEqual(JSON.parse(body), {
    detail: 'Authentication credentials were not provided.',
  })
  assert.match(answer, new RegExp(`^content-length: ${body.length}\\r$`, 'im'))
  assert.deepEqual(greeted, [])
})

test('an upgrade with a session cookie needs the origin of this host', async (t) => {
  const { open, port, greeted } = await server(t)
  const Cookie = await cookiesOf(port)
  const own = `http://127.0.0.1:${port}`

  const admitted = await open('/feed/', { Cookie, Origin: own })
  const foreign = await open('/feed/', { Cookie, Origin: 'https://evil.example' })
  const without = await open('/feed/', { Cookie })

  assert.equal(admitted, `${SWITCHING}hello ada`)
  assert.match(foreign, /^HTTP\/1\.1 403 Forbidden\r\n.*CSRF Failed: Origin/s)
  assert.match(without, /^HTTP\/1\.1 403 Forbidden\r\n.*CSRF Failed: .* no Origin/s)
  assert.deepEqual(greeted, ['ada'])
})

test('an upgrade to another protocol needs the origin of this host, too', async (t) => {
  const { open, port, greeted, bearerHeader } = await server(t)
  const Cookie = await cookiesOf(port)
  const own = `http://127.0.0.1:${port}`

  for (const Upgrade of ['foo', 'websocket2', 'h2c']) {
    const foreign = { Cookie, Upgrade, Origin: 'https://evil.example' }
    assert.match(await open('/feed/', foreign), /^HTTP\/1\.1 403 /, Upgrade)
    assert.match(await open('/feed/', { Cookie, Upgrade }), /^HTTP\/1\.1 403 /, Upgrade)
  }
  assert.deepEqual(greeted, [])
  assert.match(await open('/feed/', { Cookie, Upgrade: 'foo', Origin: own }), /hello ada/)
  assert.match(await open('/feed/', { ...bearerHeader, Upgrade: 'foo' }), /hello ada/)
})

test('an upgrade needs the permission of its guard', async (t) => {
  const { auth, ada, open, bearerHeader } = await server(t)

  assert.match(await open('/editors/', bearerHeader), /^HTTP\/1\.1 403 /)
  await auth.users.change(ada.id, { roles: ['editor'] })
  assert.equal(await open('/editors/', bearerHeader), SWITCHING)
})

test('an AuthError of the listener is the answer, another error a 500; after the upgrade the connection ends', async (t) => {
  const { open, bearerHeader, log } = await server(t)

  assert.match(await open('/denying/', bearerHeader), /^HTTP\/1\.1 403 /)
  assert.match(await open('/failing/', bearerHeader), /^HTTP\/1\.1 500 /)
  const broken = await open('/breaking/', bearerHeader).catch(() => SWITCHING)
  assert.equal(broken, SWITCHING)
  assert.equal(log.filter(({ level }) => level === 'error').length, 2)
})

test('a client that resets its connection while it is checked ends nothing', async (t) => {
  const { dial, open, bearerHeader, faults } = await server(t)

  for (let i = 0; i < 20; i++) {
    const socket = dial('/feed/', i % 2 === 0 ? bearerHeader : {})
    socket.on('error', () => undefined)
    await sleep(i % 3)
    socket.resetAndDestroy()
  }
  faults.clear()

  await until(async () => (await open('/feed/', bearerHeader)).includes('hello ada'))
  assert.match(await open('/feed/', bearerHeader), /hello ada/)
})

test('auth.authenticate takes a request of node, to check an open connection again', async (t) => {
  const { auth, ada } = await server(t)
  const { access } = await auth.signIn(ada)
  const http = createServer((request, response) => {
    auth
      .authenticate(requestOf(request))
      .then((principal) => response.end(principal?.user.username ?? 'anonymous'))
  }).listen(0, '127.0.0.1')
  t.after(() => void http.close().closeAllConnections())
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const ask = async (headers: Headers): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}`, { headers })).text()

  assert.equal(await ask({ authorization: `Bearer ${access}` }), 'ada')
  assert.equal(await ask({}), 'anonymous')
})
