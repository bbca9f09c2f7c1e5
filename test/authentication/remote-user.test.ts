import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FromHeader, remoteUser } from '../../src/authentication/remote-user.ts'
import { served } from './served.ts'

const ANONYMOUS = [403, { detail: 'Authentication credentials were not provided.' }]
const authenticated = (user: string) => [200, { user, scheme: 'remoteUser' }]

/** A header in place of the server variable of the original cases. */
const variable = (options?: { create?: boolean }) =>
  remoteUser((request) => request.header('x-variable'), options)

test('C24, C26: the user that the proxy names is authenticated, unless inactive or unknown', async (t) => {
  const { send } = await served(t, { authentication: [variable()] })
  const ask = async (name: string) => {
    const { status, body } = await send('GET', '/', { 'X-Variable': name })
    return [status, body]
  }

  assert.deepEqual(await ask('alice'), authenticated('alice'))
  for (const name of ['ina', 'nobody', '', 'Alice'])
    assert.deepEqual(await ask(name), ANONYMOUS, name)
})

test('C25: with "create" an unknown name becomes one user without a password (D39)', async (t) => {
  const { auth, store, send } = await served(t, {
    authentication: [
      remoteUser(async (request) => request.header('x-variable'), { create: true }),
    ],
  })

  const answers = await Promise.all(
    [1, 2, 3].map(() => send('GET', '/', { 'X-Variable': 'newguy' })),
  )

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  const user = await auth.users.find('newguy')
  assert.match((await store.ports.users.find('id', user!.id))!.hash, /^!/)
  for (const impossible of ['a b', 'a,b', 'Alice', 'x'.repeat(200)]) {
    const { status, body } = await send('GET', '/', { 'X-Variable': impossible })
    assert.deepEqual([status, body], ANONYMOUS, impossible)
  }
  assert.equal(await auth.users.count(), 6)
})

test('C27: headers that are not configured are ignored', async (t) => {
  const { send } = await served(t, { authentication: [remoteUser(() => undefined)] })

  for (const name of ['Remote-User', 'REMOTE_USER', 'X-Remote-User']) {
    const { status, body } = await send('GET', '/', { [name]: 'alice' })
    assert.deepEqual([status, body], ANONYMOUS, name)
  }
})

for (const [from, isTrusted] of [
  ['127.0.0.1', true],
  ['127.0.0.0/8', true],
  ['0.0.0.0/0', true],
  ['127.0.0.2', false],
  ['10.0.0.0/8', false],
  ['::1', false],
] as const) {
  test(`BA-14: with from: ["${from}"] a header sent by 127.0.0.1 is ${isTrusted ? 'trusted' : 'ignored'}`, async (t) => {
    const { send } = await served(t, {
      authentication: [remoteUser({ header: 'X-Remote-User', from: [from] })],
    })

    const { status, body } = await send('GET', '/', { 'x-remote-user': 'alice' })

    assert.deepEqual([status, body], isTrusted ? authenticated('alice') : ANONYMOUS)
  })
}

test('proxy addresses are compared by value, not by their text', async (t) => {
  const scheme = remoteUser({
    header: 'X-Remote-User',
    from: ['10.1.0.0/16', 'fd00::/8'],
  })
  const { auth } = await served(t, { authentication: [scheme] })
  const from = async (address: string) => {
    const header = (name: string) => (name === 'x-remote-user' ? 'alice' : undefined)
    const request = {
      method: 'GET',
      url: '/',
      secure: false,
      address,
      header,
      body: async () => Buffer.alloc(0),
    }
    return (await auth.authenticate(request)) !== undefined
  }

  for (const address of [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    'fd00::1',
    'FD12:0:0:0:0:0:0:1%eth0',
  ]) {
    assert.equal(await from(address), true, address)
  }
  for (const address of [
    '10.2.2.3',
    '::ffff:10.2.2.3',
    'fe80::1',
    '',
    'unknown',
    '10.1.2.3, 10.9.9.9',
    '10.1.2.3:80',
  ]) {
    assert.equal(await from(address), false, address)
  }
})

test('a repeated header is ignored', async (t) => {
  const { send } = await served(t, {
    authentication: [
      remoteUser({ header: 'X-Remote-User', from: ['127.0.0.1'], create: true }),
    ],
  })

  for (const names of [
    ['alice', 'col'],
    ['alice', 'alice'],
  ]) {
    const { status, body } = await send('GET', '/', { 'X-Remote-User': names })
    assert.deepEqual([status, body], ANONYMOUS)
  }
})

test('a name is read as UTF-8', async (t) => {
  const { send } = await served(t, {
    authentication: [remoteUser({ header: 'X-Remote-User', from: ['127.0.0.1'] })],
  })

  const { body } = await send('GET', '/', {
    'X-Remote-User': Buffer.from('nöel').toString('latin1'),
  })

  assert.equal(body.user, 'nöel')
})

test('a name that only normalization turns into a user’s is anonymous, also with "create"', async (t) => {
  for (const create of [false, true]) {
    const { auth, send } = await served(t, {
      authentication: [
        remoteUser({ header: 'X-Remote-User', from: ['127.0.0.1'], create }),
      ],
    })
    const before = await auth.users.count()
    for (const name of ['\uff41lice', '\u24d0lice', 'al\u{1d422}ce']) {
      const header = Buffer.from(name).toString('latin1')
      const { body } = await send('GET', '/', { 'X-Remote-User': header })
      assert.deepEqual(body, ANONYMOUS[1], name)
    }
    assert.equal(await auth.users.count(), before)
  }
})

test('remoteUser({ header }) without valid proxy addresses is rejected at the start', () => {
  for (const from of [
    undefined,
    [],
    ['proxy.local'],
    ['10.0.0.0/33'],
    ['10.0.0.0/x'],
    [''],
  ]) {
    assert.throws(() => remoteUser({ header: 'X-Remote-User', from } as FromHeader), {
      code: 'invalid_config',
    })
  }
  assert.throws(
    () => remoteUser({ header: 'X-Remote-User' } as FromHeader),
    /needs the proxy's addresses.* Add from: \['127\.0\.0\.1'\]/,
  )
})

test('users.rule is applied at each request (D11)', async (t) => {
  let banned = false
  const { send } = await served(t, {
    authentication: [variable()],
    users: { rule: () => !banned },
  })
  assert.equal((await send('GET', '/', { 'X-Variable': 'alice' })).status, 200)

  banned = true

  assert.equal((await send('GET', '/', { 'X-Variable': 'alice' })).status, 403)
})
