import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bearer } from '../../src/authentication/bearer.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'

/** An instance with every endpoint, whose store answers nothing: a look-up would be a 503. */
async function everyEndpoint(t: TestContext) {
  const { auth, faults } = testInstance({
    authentication: [bearer(), apiToken(), session()],
    endpoints: {
      blacklist: true,
      slidingObtain: true,
      slidingRefresh: true,
      apiToken: true,
    },
  })
  cleanUp(t, () => auth.close())
  await auth.migrate()
  faults.failAll()
  const post = (path: string, body: string): Promise<Response> =>
    auth.handler(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    )
  return { paths: internalsOf(auth).paths, post }
}

/** Fields that an endpoint takes instead of the others. */
const INSTEAD: { readonly [path: string]: readonly string[] } = {
  '/api/token/blacklist': ['token'],
}

/** The fields of an endpoint, in sets that are sent together: an empty object lacks each of the first. */
async function fieldsOf(path: string, answer: Response): Promise<readonly string[][]> {
  const required =
    answer.status === 400 ? Object.keys((await answer.json()) as object) : []
  return [required, ...(INSTEAD[path] ?? []).map((field) => [field])]
}

test('a field twice in JSON is rejected before any look-up: every field of every endpoint', async (t) => {
  const { paths, post } = await everyEndpoint(t)
  const tried: string[] = []
  for (const path of paths) {
    const sets = await fieldsOf(path, await post(path, '{}'))
    for (const [fields, field] of sets.flatMap((set) =>
      set.map((one) => [set, one] as const),
    )) {
      const others = fields
        .filter((other) => other !== field)
        .map((name) => `"${name}":"a"`)
      const once = await post(path, `{${[...others, `"${field}":"b"`]}}`)
      const twice = await post(
        path,
        `{${[`"${field}":"a"`, ...others, `"${field}":"b"`]}}`,
      )

      assert.notEqual(once.status, 400, `control: ${path} ${field}`)
      assert.equal(twice.status, 400, `${path} ${field}`)
      assert.deepEqual(await twice.json(), {
        [field]: ['This field may be sent only once.'],
      })
      tried.push(`${path} ${field}`)
    }
  }
  assert.deepEqual(tried.sort(), [
    '/api-token-auth password',
    '/api-token-auth username',
    '/api/token password',
    '/api/token username',
    '/api/token/blacklist refresh',
    '/api/token/blacklist token',
    '/api/token/refresh refresh',
    '/api/token/sliding password',
    '/api/token/sliding username',
    '/api/token/sliding/refresh token',
    '/api/token/verify token',
    '/auth/login password',
    '/auth/login username',
  ])
})

test('a name twice is rejected also in a body that an endpoint reads by itself', async (t) => {
  const { auth } = testInstance({
    url: 'https://app.example.com',
    oauth: { registration: 'open' },
    accounts: { requireActivation: false, fields: ['city'] },
    user: { city: 'string' },
  })
  cleanUp(t, () => auth.close())
  const post = async (path: string, body: string) => {
    const headers = { 'content-type': 'application/json' }
    const request = new Request(`https://app.example.com${path}`, {
      method: 'POST',
      headers,
      body,
    })
    return (await auth.handler(request)).status
  }
  const user = '"username":"ada","email":"ada@example.com","password":"qhr4-7mzt-w2pd"'
  const bodies = {
    '/oauth/register': ['"redirect_uris":["https://a.example/"]', '"client_name":"a"'],
    '/auth/users/': [user, '"city":"a"'],
  }
  for (const [path, [others, member]] of Object.entries(bodies)) {
    assert.equal(await post(path, `{${others},${member},${member}}`), 400, path)
    assert.ok((await post(path, `{${others},${member}}`)) < 300, `control: ${path}`)
  }
})
