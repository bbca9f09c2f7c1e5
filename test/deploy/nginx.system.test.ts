import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { testInstance } from '../../src/testing/index.ts'
import { signIn } from '../server/client.ts'
import { startCommand, withAda } from '../server/command.ts'
import { load, whole } from '../server/load.ts'
import { ADA } from '../server/process.ts'
import { anNginx } from '../services/nginx.ts'

/** A server with one user, and nginx in front of it; a text: why there is none. */
async function behindNginx(t: TestContext, on: 'a socket file' | 'a port') {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'watchword.db')
  await withAda(database)
  const place = on === 'a port' ? ['--port', '0'] : ['--socket', join(folder, 'socket')]
  const words = [...place, '--proxies', '1', '--workers', '2']
  const server = await startCommand(t, { database, words })
  const nginx = await anNginx(on === 'a port' ? `127.0.0.1:${server.port}` : server.url)
  if (typeof nginx === 'string') return nginx
  t.after(() => nginx.stop())
  return { server, nginx }
}

const JSON_BODY = { 'content-type': 'application/json' }

for (const on of ['a socket file', 'a port'] as const) {
  test(`behind nginx, on ${on}: clients sign in, and wrong passwords count for the real client address, with any forged headers`, async (t) => {
    const site = await behindNginx(t, on)
    if (typeof site === 'string') return t.skip(site)
    const { port } = site.nginx
    let forged = 0
    const guess = (localAddress: string): Promise<string> =>
      whole(
        {
          port,
          localAddress,
          path: '/api/token/',
          method: 'POST',
          agent: false,
          headers: {
            ...JSON_BODY,
            'x-forwarded-for': `203.0.113.${forged++}`,
            'x-real-ip': `203.0.113.${forged}`,
          },
        },
        JSON.stringify({ ...ADA, password: 'wrong' }),
      ).then(({ how }) => how)

    const { access } = await signIn({ port })
    const hello = await whole({
      port,
      path: '/hello/',
      agent: false,
      headers: { authorization: `Bearer ${access}` },
    })
    const guesses: string[] = []
    for (let i = 0; i < 11; i++) guesses.push(await guess('127.0.0.1'))

    assert.equal(hello.text, '{"hello":"ada"}')
    assert.deepEqual(guesses, [...Array(10).fill('401'), '429'])
    assert.equal(await guess('127.0.0.2'), '401')
  })

  test(`behind nginx, on ${on}: a reload under load loses no request`, async (t) => {
    const site = await behindNginx(t, on)
    if (typeof site === 'string') return t.skip(site)
    const { access } = await signIn({ port: site.nginx.port })
    const running = load({
      ports: () => [site.nginx.port],
      rate: 200,
      keeping: 10,
      fresh: 5,
      access,
    })

    site.server.child.kill('SIGHUP')
    await site.server.untilLogged('"reloaded"')
    const rate = await running.stop()

    t.diagnostic(`${running.answered} answers, ${Math.round(rate)} a second`)
    assert.deepEqual(
      [running.lost, running.resetEarly, running.refused, running.unavailable],
      [[], 0, 0, 0],
    )
    assert.ok(running.answered > 100)
  })
}

test('behind nginx: large bodies do not reach the server, and health and the feed are not public', async (t) => {
  const site = await behindNginx(t, 'a port')
  if (typeof site === 'string') return t.skip(site)
  const { port } = site.nginx

  const large = await whole(
    { port, path: '/api/token/', method: 'POST', agent: false, headers: JSON_BODY },
    ' '.repeat(65_537),
  )
  const [here, elsewhere] = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map((localAddress) =>
      whole({ port, localAddress, path: '/health/live', agent: false }),
    ),
  )
  const feeds = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].flatMap((localAddress) =>
      [
        '/api/token/revocations/',
        '/api/token/revocations?since=1',
        '//api/token/%72evocations/',
      ].map((path) => whole({ port, localAddress, path, agent: false })),
    ),
  )

  assert.equal(large.how, '413')
  assert.match(large.text, /nginx/, 'nginx answers')
  assert.deepEqual([here?.how, elsewhere?.how], ['200', '403'])
  // This server has no feed: 404 means that nginx let the request pass.
  assert.deepEqual(
    feeds.map(({ how }) => how),
    ['404', '404', '404', '403', '403', '403'],
  )
})

test('behind nginx: connections to the server are reused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startCommand(t, {
    database: join(folder, 'watchword.db'),
    words: ['--port', '0', '--proxies', '1'],
  })
  let connections = 0
  const between = createServer((socket) => {
    connections++
    const onward = connect(server.port, '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    for (const each of [socket, onward])
      each.on('error', () => socket.destroy(onward.destroy() && undefined))
  }).listen(0, '127.0.0.1')
  t.after(() => between.close())
  await once(between, 'listening')
  const nginx = await anNginx(`127.0.0.1:${(between.address() as { port: number }).port}`)
  if (typeof nginx === 'string') return t.skip(nginx)
  t.after(() => nginx.stop())
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  t.after(() => agent.destroy())

  const answers = await Promise.all(
    Array.from({ length: 200 }, () => whole({ port: nginx.port, path: '/', agent })),
  )

  assert.deepEqual(new Set(answers.map(({ how }) => how)), new Set(['200']))
  assert.ok(connections <= 8, `${connections} connections for 200 requests`)
})

test('behind nginx, on any port: a page of the own origin signs in', async (t) => {
  const { auth } = testInstance({ authentication: [session()], proxies: 1 })
  const server = createHttpServer()
  mount(server, auth)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => auth.close())
  t.after(() => server.close().closeAllConnections())
  await auth.users.create({ username: 'lin', password: 'ct8w-5jrm-q0ze-7ynb' })
  const nginx = await anNginx(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  if (typeof nginx === 'string') return t.skip(nginx)
  t.after(() => nginx.stop())
  const { port } = nginx
  const login = (origin: string) =>
    whole(
      {
        port,
        path: '/auth/login/',
        method: 'POST',
        agent: false,
        headers: { ...JSON_BODY, host: `auth.example.com:${port}`, origin },
      },
      JSON.stringify({ username: 'lin', password: 'ct8w-5jrm-q0ze-7ynb' }),
    ).then(({ how }) => how)

  assert.equal(await login(`https://auth.example.com:${port}`), '200')
  assert.equal(await login('https://auth.example.com'), '403')
})

test('nginx accepts the site of deploy/', async (t) => {
  const nginx = await anNginx('127.0.0.1:9')
  if (typeof nginx === 'string') return t.skip(nginx)
  t.after(() => nginx.stop())

  assert.match(await nginx.check(), /syntax is ok\n.*test is successful/)
})
