import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { guardOf } from '../../src/adapters/node.ts'
import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import {
  denied,
  granted,
  has,
  isAuthenticated,
  isStaff,
  not,
  objectPermissions,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'

/** Values that only JavaScript or a cast can pass: none of them may admit a request. */
function instance(t: TestContext, options: object = {}) {
  const { auth, log } = testInstance(options)
  t.after(() => auth.close())
  const request = new Request('http://localhost/', {
    headers: { authorization: 'Key unknown' },
  })
  const statusOf = async (requirement: unknown): Promise<number | string> => {
    try {
      const { user } = await auth.require(request, requirement as never)
      return `admitted: ${JSON.stringify(user)}`
    } catch (error) {
      return internalsOf(auth).replyToError(error).status
    }
  }
  return { auth, log, statusOf }
}

const scheme = (identify: () => unknown) => () => ({ challenge: 'Key', identify })

test('a scheme that returns an identity without a user gets 500, one that returns null gets 401', async (t) => {
  const { statusOf } = instance(t)
  for (const user of [undefined, null]) {
    assert.equal(
      await statusOf({ schemes: [scheme(() => ({ user, scheme: 'key' }))] }),
      500,
    )
    assert.equal(
      await statusOf({ schemes: [scheme(async () => ({ user, scheme: 'key' }))] }),
      500,
    )
  }
  assert.equal(await statusOf({ schemes: [scheme(() => ({}))] }), 500)
  for (const none of [null, undefined]) {
    assert.equal(await statusOf({ schemes: [scheme(() => none)] }), 401)
    assert.equal(
      await statusOf({
        schemes: [scheme(async () => none), scheme(async () => none)],
      }),
      401,
    )
  }
})

test('promises of another realm and thenables of a library are awaited', async (t) => {
  const { statusOf } = instance(t)
  const foreign = (): unknown => runInNewContext('Promise.resolve(undefined)')
  const library = () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable that a library may return
    then: (resolve: (value: unknown) => void) => setTimeout(resolve, 1, undefined),
  })
  for (const identify of [foreign, library]) {
    assert.equal(await statusOf({ schemes: [scheme(identify)] }), 401)
    assert.equal(
      await statusOf({ schemes: [scheme(() => undefined), scheme(identify)] }),
      401,
    )
  }
  const known = scheme(() => ({ user: { id: 1 }, scheme: 'key' }))
  const no = (): unknown =>
    runInNewContext('Promise.resolve({ granted: false, reason: "x" })')
  assert.equal(await statusOf({ schemes: [known], permissions: no }), 403)
})

test('a permission that returns no decision grants nothing, and neither does not() of it', async (t) => {
  const { statusOf } = instance(t)
  const known = scheme(() => ({ user: { id: 1 }, scheme: 'key' }))
  for (const nonsense of [
    true,
    false,
    1,
    'yes',
    {},
    { granted: 1 },
    [],
    async () => granted,
  ]) {
    const permission = () => nonsense
    assert.equal(
      await statusOf({ schemes: [known], permissions: permission }),
      403,
      String(nonsense),
    )
    assert.equal(
      await statusOf({ schemes: [known], permissions: not(permission as never) }),
      403,
      String(nonsense),
    )
  }
  for (const nothing of [null, undefined]) {
    const permission = () => nothing
    assert.notEqual(
      await statusOf({ schemes: [known], permissions: permission }),
      'admitted: {"id":1}',
    )
    assert.match(
      String(await statusOf({ schemes: [known], permissions: not(permission as never) })),
      /^(403|500)$/,
    )
  }
  const may = objectPermissions({ GET: ['x'] } as const, (() => denied('no')) as never)
  assert.equal(await statusOf({ schemes: [known], permissions: may }), 404)
})

test('a requirement of the wrong shape throws when the guard is created', (t) => {
  const { auth } = instance(t)
  const guard = guardOf(auth) as unknown as (...args: unknown[]) => unknown
  const handle = () => {}
  const wrong = [
    [undefined, handle],
    [null, handle],
    [true, handle],
    [42, handle],
    [new Map(), handle],
    [Promise.resolve(isStaff), handle],
    [[isStaff, isAuthenticated], handle],
    [{ permissions: undefined }, handle],
    [{ permissions: { has: 'posts.add' } }, handle],
    [{ permissions: [isStaff, undefined] }, handle],
    [{ schemes: undefined }, handle],
    [{ schemes: [bearer(), undefined] }, handle],
    [{ schemes: bearer() }, handle],
    [{ schemes: { bearer: bearer() } }, handle],
    [{ schemes: 'bearer' }, handle],
    [{ throttle: 5 }, handle],
    [{ throttle: [5] }, handle],
    [{ throttle: [{ scope: 'feed' }] }, handle],
    [{ throttle: { scope: 'feed', wait: () => undefined } }, handle],
    [{ permission: isStaff }, handle],
    [{ permissions: isStaff }],
    [isStaff, has('x'), handle],
    [],
  ]
  for (const args of wrong)
    assert.throws(() => guard(...args), { code: 'invalid_config' }, JSON.stringify(args))
})

test('authenticate rejects schemes of the wrong shape, and requirements', async (t) => {
  const { auth } = instance(t)
  const request = new Request('http://localhost/')
  for (const [options, message] of [
    [{ schemes: bearer() }, /"schemes" must be a list of schemes: write \[bearer\(\)\]/],
    [{ schemes: 'bearer' }, /"schemes" must be a list of schemes/],
    [{ schemes: [bearer(), undefined] }, /"schemes" must be a list of schemes/],
    [bearer(), /write \{ schemes: \[bearer\(\)\] \}/],
    [[bearer()], /write \{ schemes: \[bearer\(\)\] \}/],
    [{ permissions: isStaff }, /write \{ schemes: \[bearer\(\)\] \}/],
    [null, /write \{ schemes: \[bearer\(\)\] \}/],
  ] as const)
    await assert.rejects(auth.authenticate(request, options as never), {
      code: 'invalid_config',
      message,
    })
  assert.equal(await auth.authenticate(request, {}), undefined)
})

test('a list of schemes is not a requirement, even after authenticate() took the same list', async (t) => {
  const { auth, statusOf } = instance(t)
  const schemes = [bearer()]
  assert.equal(
    await auth.authenticate(new Request('http://localhost/'), { schemes }),
    undefined,
  )

  await assert.rejects(auth.require(new Request('http://localhost/'), schemes as never), {
    code: 'invalid_config',
  })
  assert.equal(await statusOf({ schemes }), 401)
})

test('unknown client addresses are logged once, whichever part reads them', async (t) => {
  const authentication = [bearer(), session(), apiToken(), basic()]
  const { auth, log } = instance(t, { authentication, throttle: { anon: '100/day' } })
  const body = new URLSearchParams({ username: 'ada', password: 'x' })

  for (const path of ['/api/token/', '/api-token-auth/', '/auth/login/']) {
    await auth.handler(new Request(`http://localhost${path}`, { method: 'POST', body }))
  }
  await auth
    .authenticate(
      new Request('http://localhost/', { headers: { authorization: 'Basic YWRhOng=' } }),
    )
    .catch(() => {})
  await auth.require(new Request('http://localhost/')).catch(() => {})

  assert.equal(
    log.filter(({ event }) => event.startsWith('The address of a client is unknown'))
      .length,
    1,
  )
})

test('a scheme of a program that was not called is logged with what to write', async (t) => {
  const known = () => scheme(() => undefined)
  const { statusOf, log } = instance(t, { authentication: [known] })

  assert.equal(await statusOf(undefined), 500)
  assert.match(String(log.at(-1)?.reason), /write \[bearer\(\)\], not \[bearer\]/)
})

test('impossible options throw invalid_config and name the option', () => {
  for (const [options, message] of [
    [{ throttle: { anon: '5/month' } }, /throttle\.anon must be null, or a number/],
    [{ throttle: { anon: 5 } }, /throttle\.anon must be null, or a number/],
    [{ throttle: { login_address: '5/min' } }, /reserved for the limits of sign-ins/],
    [{ throttle: { code_total: '5/min' } }, /reserved for the limits of sign-ins/],
    [
      { authentication: bearer() },
      /authentication must be a list of schemes, such as \[bearer\(\)\]/,
    ],
    [
      { authentication: { schemes: bearer() } },
      /authentication must be a list of schemes, such as \[bearer\(\)\]/,
    ],
    [
      { authentication: [bearer(), session] },
      /authentication\.1 is a function that makes a scheme: call it, as in \[bearer\(\)\]/,
    ],
    [{ authentication: [] }, /authentication must be a list of schemes/],
    [
      { authentication: [bearer(), undefined] },
      /authentication\.1 must be a scheme, such as bearer\(\): check its name and its import\./,
    ],
    [{ proxies: true }, /proxies must be a whole number from 0 to 16, or null/],
    [{ NUM_PROXIES: 1 }, /no option "NUM_PROXIES"\. Use proxies instead/],
    [{ DEFAULT_PERMISSION_CLASSES: [] }, /Use permissions instead/],
  ] as const) {
    assert.throws(() => watchword(options as never), {
      code: 'invalid_config',
      message,
    })
  }
})

test('repeated X-Forwarded-For headers are joined, so that a client cannot hide the entry of the proxy', async (t) => {
  const { auth } = instance(t, { proxies: 1, throttle: { login: '2/min' } })
  const { mount } = await import('../../src/adapters/node.ts')
  const server = createServer()
  mount(server, auth)
  t.after(() => server.close().closeAllConnections())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const guess = async (forged: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    const body = 'username=ada&password=x'
    socket.write(
      `POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
        `X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: ${forged}\r\nX-Forwarded-For: 9.9.9.9\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
    let answer = ''
    for await (const text of socket) answer += text
    return answer.slice(9, 12)
  }

  const statuses: string[] = []
  for (let i = 0; i < 4; i++) statuses.push(await guess(`6.6.7.${i}`))
  assert.deepEqual(statuses, ['401', '401', '429', '429'])
})

test('a requirement without a handler is refused at once, also if it is a function', (t) => {
  const { auth } = instance(t)
  const guard = guardOf(auth) as (...args: readonly unknown[]) => unknown

  for (const requirement of ['posts.change', isStaff, has('posts.change'), {}, undefined])
    assert.throws(() => guard(requirement), {
      code: 'invalid_config',
      message: /^guard\(…\) must be called with a handler, /,
    })
  guard(isStaff, () => undefined)
})
