import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer, session, statelessBearer } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
/** As many wrong passwords for one account as `2/min` allows from all addresses together. */
const GUESSES = 40
const FIELDS = ['id', 'username', 'email'] as const

type Instance = Pick<ReturnType<typeof setUp>, 'auth'>

const setUp = (userIdField: (typeof FIELDS)[number]) =>
  testInstance({
    authentication: [bearer(), session(), apiToken()],
    tokens: { userIdField },
    throttle: { login: null },
  })

const create = ({ auth }: Instance, name: string): Promise<User> =>
  auth.users.create({
    username: name,
    email: `${name}@example.org`,
    password: `${PASSWORD}-${name}`,
  })

async function signIn({ auth }: Instance, path: string, name: string): Promise<Response> {
  const response = await auth.handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      body: new URLSearchParams({ username: name, password: `${PASSWORD}-${name}` }),
    }),
  )
  assert.equal(response.status, 200)
  return response
}

const answerOf = async (response: Response): Promise<Readonly<Record<string, string>>> =>
  (await response.json()) as Record<string, string>

/** The headers of every kind of credential of a user. */
async function credentialsOf(instance: Instance, { id, username }: User) {
  const pair = await answerOf(await signIn(instance, '/api/token/', username))
  const derived = await answerOf(await signIn(instance, '/api-token-auth/', username))
  const { token: named } = await instance.auth.apiTokens.create(id)
  const browser = await signIn(instance, '/auth/login/', username)
  const cookie = browser.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  return {
    refresh: pair.refresh ?? '',
    headers: {
      'access token': { authorization: `Bearer ${pair.access}` },
      'derived API token': { authorization: `Token ${derived.token}` },
      'API token': { authorization: `Token ${named}` },
      'browser session': { cookie },
    },
  }
}

/** The id of the user as whom a request acts; `undefined` if it is refused. */
async function actorOf(
  { auth }: Instance,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    return (await auth.require(new Request('http://localhost/', { headers }))).user.id
  } catch (error) {
    const { status = 0 } = error as { readonly status?: number }
    assert.ok([401, 403].includes(status), String(error))
    return undefined
  }
}

async function swap({ auth }: Instance, one: User, other: User): Promise<void> {
  await auth.users.change(one.id, { username: 'between', email: 'between@example.org' })
  for (const [{ id }, { username, email }] of [
    [other, one],
    [one, other],
  ] as const)
    await auth.users.change(id, { username, ...(email !== undefined && { email }) })
}

for (const userIdField of FIELDS) {
  const isNamed = userIdField !== 'id'

  test(`if two users swap names and emails, no credential acts as the other, with the ${userIdField} in tokens`, async () => {
    await using instance = setUp(userIdField)
    const users = [await create(instance, 'ada'), await create(instance, 'bea')] as const
    const credentials = [
      await credentialsOf(instance, users[0]),
      await credentialsOf(instance, users[1]),
    ]

    await swap(instance, ...users)

    assert.equal((await instance.auth.users.find('bea'))?.id, users[0].id)
    for (const [i, { headers }] of credentials.entries()) {
      for (const [kind, its] of Object.entries(headers)) {
        // A session ends with the name that its tokens have; an API token names no user.
        const goesOn = !isNamed || kind.endsWith('API token')
        assert.equal(
          await actorOf(instance, its),
          goesOn ? users[i]?.id : undefined,
          kind,
        )
      }
    }
  })

  test(`if two users swap names and emails, no refresh token gets tokens of the other, with the ${userIdField} in tokens`, async () => {
    await using instance = setUp(userIdField)
    const users = [await create(instance, 'ada'), await create(instance, 'bea')] as const
    const { refresh } = await credentialsOf(instance, users[0])

    await swap(instance, ...users)

    const response = await instance.auth.handler(
      new Request('http://localhost/api/token/refresh/', {
        method: 'POST',
        body: new URLSearchParams({ refresh }),
      }),
    )
    assert.equal(response.status, isNamed ? 401 : 200)
    if (isNamed) return
    const { access } = await answerOf(response)
    const actor = await actorOf(instance, { authorization: `Bearer ${access}` })
    assert.equal(actor, users[0].id)
  })
}

for (const userIdField of ['username', 'email'] as const) {
  test(`a stateless service knows the user behind a swapped ${userIdField} by ww_uid, and refuses the old token`, async () => {
    await using instance = testInstance({
      authentication: [statelessBearer()],
      tokens: { userIdField },
    })
    const { auth, as } = instance
    const [ada, bea] = await Promise.all(
      ['ada', 'bea'].map((name) =>
        auth.users.create({ username: name, email: `${name}@example.org` }),
      ),
    )
    const request = (headers: Readonly<Record<string, string>>) =>
      new Request('http://localhost/', { headers })
    const before = await as('ada')
    assert.equal((await auth.require(request(before))).user.claims.ww_uid, ada?.id)

    await swap({ auth: auth as never }, ada as User, bea as User)

    await assert.rejects(auth.require(request(before)), { code: 'revoked' })
    const after = await auth.require(request(await as('ada')))
    assert.equal(after.user.id, userIdField === 'email' ? 'ada@example.org' : 'ada')
    assert.equal(after.user.claims.ww_uid, bea?.id)
  })
}

for (const isSwapped of [true, false]) {
  test(`an address from which a user signed in is ${isSwapped ? 'not ' : ''}known for the name ${isSwapped ? 'once another user has it' : 'that the user keeps'}`, async () => {
    await using instance = testInstance({
      authentication: [bearer(), session(), apiToken()],
      throttle: { login: '2/min' },
      proxies: 1,
    })
    const users = [await create(instance, 'ada'), await create(instance, 'bea')] as const
    const attempt = async (address: string, password: string): Promise<number> => {
      const headers = { 'x-forwarded-for': address }
      const body = new URLSearchParams({ username: 'ada', password })
      const request = { method: 'POST', headers, body }
      const url = 'http://localhost/api/token/'
      return (await instance.auth.handler(new Request(url, request))).status
    }
    assert.equal(await attempt('192.0.2.1', `${PASSWORD}-ada`), 200)
    if (isSwapped) await swap(instance, ...users)

    for (let i = 0; i < GUESSES; i++) await attempt(`198.51.100.${i}`, 'wrong')

    assert.equal(await attempt('203.0.113.1', 'wrong'), 429)
    assert.equal(await attempt('192.0.2.1', 'wrong'), isSwapped ? 429 : 401)
  })
}
