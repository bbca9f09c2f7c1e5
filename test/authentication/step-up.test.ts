import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apiToken,
  basic,
  bearer,
  session,
  statelessBearer,
} from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { allowAny, isStaff } from '../../src/permissions/index.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const INSUFFICIENT = 'insufficient_user_authentication'

const bearing = (authorization: string): Request =>
  new Request('http://localhost/', { headers: { authorization } })

async function answerTo(work: Promise<unknown>): Promise<Response | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    assert.ok(error instanceof AuthError)
    return error.toResponse()
  }
}

async function instance(options: TestOptions = {}) {
  const made = testInstance(options)
  const ada = await made.auth.users.create({ username: 'ada', password: PASSWORD })
  return { ...made, ada }
}

const SCHEMES = {
  'bearer()': { scheme: bearer(), tokens: {} },
  'statelessBearer()': { scheme: statelessBearer(), tokens: { signInClaims: true } },
  'bearer() without stored sessions': {
    scheme: bearer(),
    tokens: { signInClaims: true, sessions: false },
  },
} as const

for (const [name, { scheme, tokens }] of Object.entries(SCHEMES)) {
  test(`${name}: a route that requires a fresh sign-in refuses an older one, also after a refresh`, async () => {
    const { auth, clock, ada } = await instance({ tokens })
    const pair = await auth.signIn(ada)
    const fresh = { schemes: [scheme], fresh: '10m' } as const
    clock.advance(200)
    await auth.require(bearing(`Bearer ${pair.access}`), fresh)
    clock.advance(399)
    const response = await auth.handler(
      new Request('http://localhost/api/token/refresh/', {
        method: 'POST',
        body: new URLSearchParams({ refresh: pair.refresh }),
      }),
    )
    const { access } = (await response.json()) as { access: string }
    await auth.require(bearing(`Bearer ${access}`), fresh)
    clock.advance(1)

    await auth.require(bearing(`Bearer ${access}`), { schemes: [scheme] })
    const refused = await answerTo(auth.require(bearing(`Bearer ${access}`), fresh))
    assert.equal(refused?.status, 401)
    assert.equal(
      refused.headers.get('www-authenticate'),
      'Bearer realm="api", error="insufficient_user_authentication", error_description="A more recent or a stronger sign-in is required.", max_age="600"',
    )
    assert.deepEqual(await refused.json(), {
      detail: 'A more recent or a stronger sign-in is required.',
      code: INSUFFICIENT,
      max_age: 600,
    })
    await auth.close()
  })

  test(`${name}: a route that requires a method takes sign-ins with one of them`, async () => {
    const { auth, ada } = await instance({ tokens })
    const strong = { schemes: [scheme], amr: ['otp', 'hwk'] }
    for (const [methods, admitted] of [
      [['pwd', 'otp'], true],
      [['hwk'], true],
      [['pwd'], false],
      [[], false],
    ] as const) {
      const { access } = await auth.signIn(ada, { methods })
      const refused = await answerTo(auth.require(bearing(`Bearer ${access}`), strong))
      assert.equal(refused?.status, admitted ? undefined : 401, methods.join())
      if (refused === undefined) continue
      assert.match(
        refused.headers.get('www-authenticate') ?? '',
        /^Bearer realm="api", error="insufficient_user_authentication", .*, acr_values="otp hwk"$/,
      )
      assert.equal(
        ((await refused.json()) as { acr_values: string }).acr_values,
        'otp hwk',
      )
    }
    await auth.close()
  })
}

const UNPROVABLE = {
  'statelessBearer()': { schemes: [statelessBearer()], tokens: {} },
  'bearer() without stored sessions': {
    schemes: [bearer()],
    tokens: { sessions: false },
  },
} as const

for (const [name, { schemes, tokens }] of Object.entries(UNPROVABLE))
  test(`${name}: a guard that asks for what no token says is refused at once, with what to set`, async () => {
    const { auth } = await instance({ tokens })
    for (const requirement of [
      { fresh: '1h' },
      { amr: ['pwd'] },
      { acr: 'aal2' },
    ] as const)
      await assert.rejects(
        async () => auth.require(bearing('Bearer x'), { schemes, ...requirement }),
        { code: 'invalid_config', message: /set tokens: \{ signInClaims: true \}/ },
      )
    await auth.close()
  })

for (const [name, { scheme, tokens }] of Object.entries(SCHEMES))
  test(`${name}: a route that requires two factors refuses one, and says so`, async () => {
    const { auth, ada } = await instance({ tokens })
    const strong = { schemes: [scheme], acr: 'aal2' } as const
    const accessOf = async (methods: readonly string[]) =>
      (await auth.signIn(ada, { methods })).access
    await auth.require(bearing(`Bearer ${await accessOf(['pwd', 'otp'])}`), strong)
    const weak = bearing(`Bearer ${await accessOf(['pwd'])}`)
    await auth.require(weak, { ...strong, acr: 'aal1' })
    const answer = await answerTo(auth.require(weak, strong))
    assert.equal(answer?.status, 401)
    assert.match(answer?.headers.get('www-authenticate') ?? '', /acr_values="aal2"/)
    const body = (await answer?.json()) as object
    assert.deepEqual(
      { ...body, detail: '' },
      { detail: '', code: INSUFFICIENT, acr_values: 'aal2' },
    )
    await auth.close()
  })

test('acr stands in tokens with amr, and a refresh keeps it', async () => {
  const { auth, ada } = await instance({ tokens: { signInClaims: true } })
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const pair = await auth.signIn(ada, { methods: ['pwd', 'otp'] })
  assert.equal(claimsOf(pair.access).acr, 'aal2')
  const response = await auth.handler(
    new Request('http://localhost/api/token/refresh/', {
      method: 'POST',
      body: new URLSearchParams({ refresh: pair.refresh }),
    }),
  )
  const { access } = (await response.json()) as { access: string }
  assert.equal(claimsOf(access).acr, 'aal2')
  const [session] = await auth.sessions.list(ada.id)
  assert.equal(session?.acr, 'aal2')
  assert.equal('acr' in claimsOf((await auth.signIn(ada)).access), false)
  await auth.close()
})

test('Basic credentials are as fresh as their request, and an API token says nothing', async () => {
  const { auth, ada } = await instance({ authentication: [basic(), apiToken()] })
  const { token } = await auth.apiTokens.create(ada.id)

  const byPassword = bearing(`Basic ${btoa(`ada:${PASSWORD}`)}`)
  await auth.require(byPassword, { fresh: 1, amr: ['pwd'] })
  const byToken = bearing(`Token ${token}`)
  await auth.require(byToken)
  await assert.rejects(auth.require(byToken, { fresh: '1h' }), { code: INSUFFICIENT })
  await auth.close()
})

test('a browser whose session is too old gets 403, as the scheme has no challenge', async () => {
  const { auth, clock } = await instance({ authentication: [session(), bearer()] })
  const response = await auth.handler(
    new Request('http://localhost/auth/login/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: PASSWORD }),
    }),
  )
  const cookie = response.headers.getSetCookie().map((each) => each.replace(/;.*/, ''))
  const request = () =>
    new Request('http://localhost/', { headers: { cookie: cookie.join('; ') } })
  await auth.require(request(), { fresh: 60, amr: ['pwd'] })
  clock.advance(60)

  const refused = await answerTo(auth.require(request(), { fresh: 60 }))
  assert.equal(refused?.status, 403)
  assert.equal(((await refused.json()) as { code: string }).code, INSUFFICIENT)
  await auth.close()
})

test('an anonymous request is asked for credentials, whatever the permissions grant', async () => {
  const { auth } = await instance()
  const request = new Request('http://localhost/')
  const requirement = { permissions: allowAny, fresh: '10m' } as const

  await auth.require(request, { permissions: allowAny })
  await assert.rejects(auth.require(request, requirement), { code: 'not_authenticated' })
  await auth.close()
})

test('nobody is asked to sign in again for what is denied anyway', async () => {
  const { auth, clock, ada } = await instance()
  const { access } = await auth.signIn(ada)
  clock.advance(120)
  const requirement = { permissions: isStaff, fresh: 60 }

  await assert.rejects(auth.require(bearing(`Bearer ${access}`), requirement), {
    code: 'permission_denied',
  })
  await auth.close()
})

test('if the session cannot be read, a fresh sign-in is neither assumed nor denied', async () => {
  const { auth, faults, ada } = await instance()
  const { access } = await auth.signIn(ada)
  await auth.require(bearing(`Bearer ${access}`))
  faults.fail('sessions.find')

  await assert.rejects(auth.require(bearing(`Bearer ${access}`), { fresh: '1h' }), {
    code: 'store_unavailable',
  })
  await auth.close()
})

for (const requirement of [
  { fresh: 0 },
  { fresh: -1 },
  { fresh: 'soon' },
  { amr: [] },
  { amr: 'otp' },
  { amr: ['a"b'] },
  { amr: undefined },
]) {
  test(`the requirement ${JSON.stringify(requirement)} is refused at once`, async () => {
    await using made = testInstance()
    const request = new Request('http://localhost/')
    await assert.rejects(made.auth.require(request, requirement as never), {
      code: 'invalid_config',
    })
  })
}
