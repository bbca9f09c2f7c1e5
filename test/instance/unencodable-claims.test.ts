import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'

const PASSWORD = 'pass-Word-4417-zt'

async function setUp(t: TestContext, tokens: NonNullable<Options['tokens']>) {
  const { auth, log } = testInstance({ tokens, endpoints: { slidingObtain: true } })
  t.after(() => auth.close())
  await auth.users.create({ username: 'rui', password: PASSWORD })
  const post = async (path: string, body: object) => {
    const request = new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const response = await auth.handler(request)
    const json = (await response.json()) as { access?: string; refresh?: string }
    return { status: response.status, ...json }
  }
  const signIn = () => post('/api/token/', { username: 'rui', password: PASSWORD })
  return { auth, log, post, signIn }
}

const claimsIn = (token = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

test('a promise of tokens.claims is awaited, at sign-in and at refresh', async (t) => {
  let team = 'red'
  const claims = async ({ username }: User) => ({ team, name: username })
  const { post, signIn } = await setUp(t, { claims })

  const { access, refresh } = await signIn()
  assert.deepEqual(
    [claimsIn(access).team, claimsIn(access).name, claimsIn(refresh).team],
    ['red', 'rui', 'red'],
  )
  team = 'blue'
  const again = await post('/api/token/refresh/', { refresh })
  assert.equal(again.status, 200)
  assert.equal(claimsIn(again.access).team, 'blue')
})

test('a promise of tokens.claims that is rejected is a 500, and the next sign-in works', async (t) => {
  let fails = true
  const claims = async () => {
    if (fails) throw new Error('the directory is away')
    return { team: 'red' }
  }
  const { signIn } = await setUp(t, { claims })
  assert.equal((await signIn()).status, 500)
  fails = false
  assert.equal((await signIn()).status, 200)
})

for (const [what, value] of [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set(['a'])],
  ['a function', () => 1],
  ['a symbol', Symbol('a')],
  ['a bigint', 7n],
  ['a promise', Promise.resolve(1)],
  ['bytes', new Uint8Array(2)],
  ['a list with undefined', ['a', undefined]],
  ['NaN in an object', { deep: [{ er: Number.NaN }] }],
] as const)
  test(`a claim that is ${what} is an error with its name`, async (t) => {
    const { signIn, log } = await setUp(t, { claims: () => ({ plain: 1, odd: value }) })
    assert.equal((await signIn()).status, 500)
    const logged = JSON.stringify(log)
    assert.match(logged, /The claim \\"odd/)
    assert.match(logged, /cannot hold/)
  })

for (const result of [undefined, null, 'text', 7, ['a'], new Map()])
  test(`tokens.claims that returns ${String(result) || '[]'} is an error`, async (t) => {
    const { signIn, log } = await setUp(t, { claims: () => result as never })
    assert.equal((await signIn()).status, 500)
    assert.match(JSON.stringify(log), /tokens\.claims\\" must return an object/)
  })

test('dates, nested lists and claims that are undefined are as JSON writes them', async (t) => {
  const when = new Date(1_893_456_000_000)
  const claims = () => ({ when, absent: undefined, list: [[1], { a: null }] })
  const { access } = await (await setUp(t, { claims })).signIn()
  assert.equal(claimsIn(access).when, '2030-01-01T00:00:00.000Z')
  assert.equal('absent' in claimsIn(access), false)
  assert.deepEqual(claimsIn(access).list, [[1], { a: null }])
})

for (const [bytes, status] of [
  [5000, 200],
  [7900, 500],
] as const)
  test(`claims of ${bytes} bytes are answered ${status}, and what is issued is accepted`, async (t) => {
    const { auth, signIn, log, post } = await setUp(t, {
      claims: () => ({ pad: 'x'.repeat(bytes) }),
    })
    const { status: got, access, refresh } = await signIn()
    assert.equal(got, status)
    if (got === 200) {
      const headers = { authorization: `Bearer ${access}` }
      await auth.require(new Request('http://localhost/', { headers }))
      assert.equal((await post('/api/token/refresh/', { refresh })).status, 200)
    } else assert.match(JSON.stringify(log), /tokens\.maxBytes/)
  })

for (const path of ['/api/token/', '/api/token/sliding/']) {
  test(`a sign-in at ${path} whose claims cannot be in a token leaves no session`, async (t) => {
    const { auth, post } = await setUp(t, { claims: () => ({ note: 'x'.repeat(9000) }) })
    const rui = await auth.users.find('rui')
    const { status } = await post(path, { username: 'rui', password: PASSWORD })
    assert.equal(status, 500)
    assert.deepEqual(await auth.sessions.list(rui!.id), [])
  })
}

test('a sign-in of a user without the field that tokens name leaves no session', async (t) => {
  const { auth, signIn } = await setUp(t, { userIdField: 'email' })
  const rui = await auth.users.find('rui')
  assert.equal((await signIn()).status, 500)
  assert.deepEqual(await auth.sessions.list(rui!.id), [])
})

test('a refresh whose claims cannot be in a token does not spend the presented one', async (t) => {
  let size = 1
  const { auth, post, signIn } = await setUp(t, {
    claims: () => ({ note: 'x'.repeat(size) }),
    overlap: 0,
  })
  const { refresh } = await signIn()
  size = 9000
  assert.equal((await post('/api/token/refresh/', { refresh })).status, 500)
  const rui = await auth.users.find('rui')
  assert.equal((await auth.sessions.list(rui!.id))[0]?.generation, 0)
  size = 1
  assert.equal((await post('/api/token/refresh/', { refresh })).status, 200)
})
