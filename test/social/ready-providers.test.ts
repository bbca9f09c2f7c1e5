import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { READY_PROVIDERS } from '../../src/features/social/ready-providers.ts'
import type { Options } from '../../src/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Person } from './provider.ts'
import { type Answer, BACK, PASSWORD } from './setup.ts'
import { type Addresses, type Asked, OWN, type Reply, StandIn } from './stand-in.ts'

// Stand-ins for the ready providers, at their own addresses, as the documentation of each describes its answers. Those for Apple and
// Microsoft are in files of their own.

type Social = NonNullable<Options['social']>
type Name = keyof typeof READY_PROVIDERS

interface Described {
  /** Further options. */
  readonly options?: object
  readonly authorization: string
  readonly addresses: (it: StandIn) => Addresses
  /** What the authorization page is asked for, beside what every provider gets. */
  readonly asked: Readonly<Record<string, string | undefined>>
  /** A person with a verified address; `undefined` if the provider does not say so. */
  readonly verified?: (person: Person) => Person
  readonly person: Person
  readonly subject: string
  readonly username?: string
  /** Whether it proves for which application an access token was issued. */
  readonly proves: boolean
}

const EMAIL = 'sue@example.com'
const OIDC_SCOPE = 'openid email profile'
const claimed = (value: unknown) => (person: Person) => ({
  ...person,
  email_verified: value,
})

const REALM = 'https://id.example.com/realms/main'
const INTROSPECTION = `${REALM}/protocol/openid-connect/token/introspect`
const TENANT = 'https://acme.eu.auth0.com/'

/** GitHub and Discord refuse requests without a user agent. */
const requireAgent = ({ headers }: Asked): void =>
  assert.match(headers['user-agent'] ?? '', /\S/)

const PROVIDERS: Partial<Record<Name, Described>> = {
  google: {
    authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
    addresses: (it) => ({
      ...it.oidc({
        issuer: 'https://accounts.google.com',
        authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
        token_endpoint: 'https://oauth2.googleapis.com/token',
        userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
        jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
      }),
      // Its members are texts. An unknown token is answered with 400.
      'https://oauth2.googleapis.com/tokeninfo': ({ form }) => {
        const { clientId } = it.issued(form.get('access_token')) ?? {}
        if (clientId === undefined)
          return { status: 400, body: { error_description: 'Invalid Value' } }
        return { body: { azp: clientId, aud: clientId, expires_in: '3599' } }
      },
    }),
    asked: { scope: OIDC_SCOPE, code_challenge_method: 'S256', response_mode: undefined },
    person: { sub: '110169484474386276334', email: EMAIL, email_verified: false },
    verified: claimed(true),
    subject: '110169484474386276334',
    proves: true,
  },
  github: {
    authorization: 'https://github.com/login/oauth/authorize',
    addresses: (it) => ({
      'https://github.com/login/oauth/access_token': (asked) => gitHubToken(it, asked),
      'https://api.github.com/user': (asked) => {
        requireAgent(asked)
        const { emails, ...user } = it.bearer(asked)?.person ?? {}
        return { body: user }
      },
      'https://api.github.com/user/emails': (asked) => {
        requireAgent(asked)
        return { body: it.bearer(asked)?.person.emails }
      },
      'https://api.github.com/applications/app-1/token': (asked) => {
        requireAgent(asked)
        const pair = Buffer.from(`${OWN.clientId}:${OWN.clientSecret}`)
        assert.equal(asked.headers.authorization, `Basic ${pair.toString('base64')}`)
        const { clientId } = it.issued(JSON.parse(asked.body).access_token) ?? {}
        // A token of another application is not found.
        if (clientId !== OWN.clientId)
          return { status: 404, body: { message: 'Not Found' } }
        return { body: { app: { name: 'App', client_id: clientId } } }
      },
    }),
    asked: { scope: 'read:user user:email', nonce: undefined },
    // The address of the profile is the public one, which nobody needs to own.
    person: {
      id: 583231,
      login: 'sue-s',
      email: 'public@example.com',
      emails: emailsOf(false),
    },
    verified: (person) => ({ ...person, emails: emailsOf(true) }),
    subject: '583231',
    username: 'sue-s',
    proves: true,
  },
  gitlab: {
    authorization: 'https://gitlab.com/oauth/authorize',
    addresses: (it) => ({
      ...it.oidc({
        issuer: 'https://gitlab.com',
        authorization_endpoint: 'https://gitlab.com/oauth/authorize',
        token_endpoint: 'https://gitlab.com/oauth/token',
        userinfo_endpoint: 'https://gitlab.com/oauth/userinfo',
        jwks_uri: 'https://gitlab.com/oauth/discovery/keys',
      }),
      'https://gitlab.com/oauth/token/info': (asked) => {
        const { clientId } = it.bearer(asked) ?? {}
        if (clientId === undefined)
          return { status: 401, body: { error: 'invalid_token' } }
        return { body: { resource_owner_id: 1, application: { uid: clientId } } }
      },
    }),
    asked: { scope: OIDC_SCOPE, code_challenge_method: 'S256' },
    person: { sub: '1234', nickname: 'sue-s', email: EMAIL, email_verified: false },
    verified: claimed(true),
    subject: '1234',
    username: 'sue-s',
    proves: true,
  },
  facebook: {
    authorization: 'https://www.facebook.com/dialog/oauth',
    addresses: (it) => ({
      'https://graph.facebook.com/oauth/access_token': (asked) => {
        const grant = it.redeem(asked)
        if (grant === undefined) return GRAPH_ERROR
        return { body: { access_token: it.accessToken(grant.person), ...BEARER } }
      },
      // It has the fields that it is asked for alone.
      'https://graph.facebook.com/me': (asked) => {
        const { person = {} } = it.bearer(asked) ?? {}
        const fields = (asked.query.get('fields') ?? 'id,name').split(',')
        const found = Object.entries(person).filter(([name]) => fields.includes(name))
        return { body: Object.fromEntries(found) }
      },
      'https://graph.facebook.com/debug_token': ({ query, headers }) => {
        const own = `Bearer ${OWN.clientId}|${OWN.clientSecret}`
        if (headers.authorization !== own) return GRAPH_ERROR
        const { clientId } = it.issued(query.get('input_token')) ?? {}
        if (clientId === undefined)
          return { body: { data: { app_id: OWN.clientId, is_valid: false } } }
        return { body: { data: { app_id: clientId, is_valid: true, type: 'USER' } } }
      },
    }),
    asked: { scope: 'email', nonce: undefined },
    person: { id: '10157000000000001', name: 'Sue', email: EMAIL, verified: true },
    subject: '10157000000000001',
    proves: true,
  },
  discord: {
    authorization: 'https://discord.com/oauth2/authorize',
    addresses: (it) => ({
      'https://discord.com/api/oauth2/token': (asked) => {
        requireAgent(asked)
        const grant = it.redeem(asked)
        if (grant === undefined) return { status: 400, body: { error: 'invalid_grant' } }
        return { body: { access_token: it.accessToken(grant.person), ...BEARER } }
      },
      'https://discord.com/api/users/@me': (asked) => {
        requireAgent(asked)
        return { body: it.bearer(asked)?.person }
      },
      'https://discord.com/api/oauth2/@me': (asked) => {
        const { clientId } = it.bearer(asked) ?? {}
        if (clientId === undefined)
          return { status: 401, body: { message: '401: Unauthorized', code: 0 } }
        return { body: { application: { id: clientId }, scopes: ['identify'] } }
      },
    }),
    asked: { scope: 'identify email', nonce: undefined },
    // A snowflake, which no number of JavaScript holds.
    person: { id: '80351110224678912', username: 'sue', email: EMAIL, verified: false },
    verified: (person) => ({ ...person, verified: true }),
    subject: '80351110224678912',
    username: 'sue',
    proves: true,
  },
  linkedin: {
    authorization: 'https://www.linkedin.com/oauth/v2/authorization',
    addresses: (it) =>
      it.oidc({
        issuer: 'https://www.linkedin.com/oauth',
        authorization_endpoint: 'https://www.linkedin.com/oauth/v2/authorization',
        token_endpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
        userinfo_endpoint: 'https://api.linkedin.com/v2/userinfo',
        jwks_uri: 'https://www.linkedin.com/oauth/openid/jwks',
      }),
    asked: { scope: OIDC_SCOPE, nonce: undefined, code_challenge: undefined },
    // Its ID tokens have a text here.
    person: { sub: '782bbtaQ', name: 'Sue', email: EMAIL, email_verified: 'false' },
    verified: claimed('true'),
    subject: '782bbtaQ',
    proves: false,
  },
  keycloak: {
    options: { issuer: REALM },
    authorization: `${REALM}/protocol/openid-connect/auth`,
    addresses: (it) => ({
      ...it.oidc({
        issuer: REALM,
        authorization_endpoint: `${REALM}/protocol/openid-connect/auth`,
        token_endpoint: `${REALM}/protocol/openid-connect/token`,
        userinfo_endpoint: `${REALM}/protocol/openid-connect/userinfo`,
        jwks_uri: `${REALM}/protocol/openid-connect/certs`,
        introspection_endpoint: INTROSPECTION,
      }),
      [INTROSPECTION]: ({ form }) => {
        const { clientId } = it.issued(form.get('token')) ?? {}
        if (clientId === undefined) return { body: { active: false } }
        // The audience is the API, not the application.
        return { body: { active: true, client_id: clientId, aud: 'account' } }
      },
    }),
    asked: { scope: OIDC_SCOPE, code_challenge_method: 'S256' },
    person: {
      sub: '5f0f7f3c-0f7c-4d51-9d2c-b2b6b3c6c0a1',
      preferred_username: 'sue-s',
      email: EMAIL,
      email_verified: false,
    },
    verified: claimed(true),
    subject: '5f0f7f3c-0f7c-4d51-9d2c-b2b6b3c6c0a1',
    username: 'sue-s',
    proves: true,
  },
  auth0: {
    // Its issuer ends in a slash, and people leave it out.
    options: { issuer: TENANT.slice(0, -1) },
    authorization: `${TENANT}authorize`,
    addresses: (it) =>
      it.oidc({
        issuer: TENANT,
        authorization_endpoint: `${TENANT}authorize`,
        token_endpoint: `${TENANT}oauth/token`,
        userinfo_endpoint: `${TENANT}userinfo`,
        jwks_uri: `${TENANT}.well-known/jwks.json`,
      }),
    asked: { scope: OIDC_SCOPE, code_challenge_method: 'S256' },
    person: { sub: 'auth0|5f7c8ec7c33c6c004bbafe82', email: EMAIL },
    verified: claimed(true),
    subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
    proves: false,
  },
}

const BEARER = { token_type: 'bearer', expires_in: 5183944 }

/** Facebook's errors are no errors of OAuth. */
const GRAPH_ERROR: Reply = {
  status: 400,
  body: { error: { message: 'Invalid verification code', type: 'OAuthException' } },
}

/** A form unless JSON is asked for; errors have the status 200. */
function gitHubToken(it: StandIn, asked: Asked): Reply {
  requireAgent(asked)
  const grant = it.redeem(asked)
  const body =
    grant === undefined
      ? { error: 'bad_verification_code', error_description: 'The code is incorrect.' }
      : {
          access_token: it.accessToken(grant.person),
          scope: 'read:user,user:email',
          token_type: 'bearer',
        }
  if (asked.headers.accept?.includes('application/json')) return { body }
  const form = new URLSearchParams(body as unknown as Record<string, string>)
  return { type: 'application/x-www-form-urlencoded', body: form.toString() }
}

/** GitHub's list: the primary address is not the first one. */
function emailsOf(verified: boolean): readonly object[] {
  const other = { email: 'old@example.com', primary: false, visibility: null }
  return [
    { ...other, verified: true },
    { email: EMAIL, primary: true, verified, visibility: 'private' },
  ]
}

/** An instance whose users sign in with a ready provider. */
async function opened(
  t: TestContext,
  name: Name,
  { options, addresses }: Described,
  more: object = {},
) {
  const clock = { now: () => 0 }
  const it = new StandIn(() => clock.now())
  const provider = { ...OWN, redirectUris: [BACK], ...options, ...more }
  const instance = testInstance({
    url: 'https://app.example.com',
    social: { [name]: provider } as Social,
  })
  t.after(() => instance.auth.close())
  clock.now = () => instance.clock.now()
  await it.serve(t, addresses(it))
  const path = `/auth/social/${name}/`
  const send = (method: string, query: string, body?: object, cookie = '') =>
    instance.auth.handler(
      new Request(`https://app.example.com${path}${query}`, {
        method,
        headers: { 'content-type': 'application/json', cookie },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
  const post = async (proof: object, cookie?: string) => {
    const response = await send('POST', '', proof, cookie)
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }
  async function begin() {
    const begun = await send('GET', `?redirect_uri=${encodeURIComponent(BACK)}`)
    const { authorization_url } = (await begun.json()) as Answer['body']
    const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';')
    return { url: new URL(authorization_url), cookie }
  }
  async function signIn(person: Person) {
    const { url, cookie } = await begin()
    const { searchParams } = it.agree(url.href, person)
    return post(Object.fromEntries(searchParams), cookie)
  }
  return { ...instance, it, post, begin, signIn }
}

test('each ready provider has a stand-in', () => {
  const own = ['apple', 'microsoft']
  assert.deepEqual(
    [...own, ...Object.keys(PROVIDERS)].toSorted(),
    Object.keys(READY_PROVIDERS).toSorted(),
  )
})

for (const [name, described] of Object.entries(PROVIDERS) as [Name, Described][]) {
  const { authorization, asked, person, subject, username, verified, proves } = described

  test(`${name}: its page is asked for what it needs, and the person gets an account`, async (t) => {
    const app = await opened(t, name, described)
    const { url } = await app.begin()
    assert.equal(url.origin + url.pathname, authorization)
    for (const [parameter, value] of Object.entries(asked))
      assert.equal(url.searchParams.get(parameter) ?? undefined, value, parameter)

    const { status, body } = await app.signIn(person)
    assert.equal(status, 200, JSON.stringify([body, app.log]))
    assert.equal(body.created, true)
    const user = await app.auth.users.find({ email: EMAIL })
    assert.equal(user?.emailVerifiedAt, undefined)
    if (username !== undefined) assert.equal(user?.username, username)
    const identities = await app.auth.identities.list(user?.id ?? '')
    assert.deepEqual(
      identities.map((each) => [each.provider, each.subject]),
      [[name, subject]],
    )
    assert.equal((await app.signIn(person)).body.created, false)
  })

  test(`${name}: an address links to an account only if the provider has verified it (UM-03)`, async (t) => {
    const app = await opened(t, name, described, { linkByVerifiedEmail: true })
    await app.auth.users.create({
      username: 'owner',
      password: PASSWORD,
      email: EMAIL,
      emailVerified: true,
    })
    const refused = await app.signIn(person)
    assert.deepEqual([refused.status, refused.body.code], [409, 'account_exists'])
    if (verified === undefined) return
    const linked = await app.signIn(verified(person))
    assert.deepEqual([linked.status, linked.body.created], [200, false])
  })

  test(`${name}: a code counts once, and words of the provider are not passed on`, async (t) => {
    const app = await opened(t, name, described)
    const { url, cookie } = await app.begin()
    const { searchParams } = app.it.agree(url.href, person)
    const { status, body } = await app.post(
      { ...Object.fromEntries(searchParams), code: 'guessed' },
      cookie,
    )
    assert.deepEqual([status, body.code], [400, 'provider_refused'])
    assert.doesNotMatch(JSON.stringify(body), /incorrect|verification|invalid_grant/)
  })

  test(`${name}: an access token counts ${proves ? 'for the application that it was issued to' : 'never'}`, async (t) => {
    const app = await opened(t, name, described)
    for (const access_token of [app.it.accessToken(person, 'another'), 'unknown'])
      assert.equal((await app.post({ access_token })).body.code, 'provider_refused')
    const own = await app.post({ access_token: app.it.accessToken(person) })
    assert.equal(own.status, proves ? 200 : 400, JSON.stringify([own.body, app.log]))
  })
}

/** What providers say of an access token: first for this application, then what is no proof of that. */
const PROOFS: Partial<Record<Name, readonly [address: string, ...unknown[]]>> = {
  google: [
    'https://oauth2.googleapis.com/tokeninfo',
    { aud: OWN.clientId },
    { aud: 'another', azp: OWN.clientId },
    { azp: OWN.clientId },
  ],
  github: [
    'https://api.github.com/applications/app-1/token',
    { app: { client_id: OWN.clientId } },
    { app: { client_id: 'another' } },
    { app: {}, client_id: OWN.clientId },
    { app: null },
  ],
  gitlab: [
    'https://gitlab.com/oauth/token/info',
    { application: { uid: OWN.clientId } },
    { application: { uid: 'another' } },
    { uid: OWN.clientId },
  ],
  // Also of a token that has been withdrawn, whose profile it may still answer.
  facebook: [
    'https://graph.facebook.com/debug_token',
    { data: { app_id: OWN.clientId, is_valid: true } },
    { data: { app_id: OWN.clientId, is_valid: false } },
    { data: { app_id: OWN.clientId, is_valid: 'true' } },
    { data: { app_id: OWN.clientId } },
    { data: { app_id: 'another', is_valid: true } },
  ],
  discord: [
    'https://discord.com/api/oauth2/@me',
    { application: { id: OWN.clientId } },
    { application: { id: 'another' } },
    { id: OWN.clientId },
  ],
  keycloak: [
    INTROSPECTION,
    { active: true, client_id: OWN.clientId },
    { active: false, client_id: OWN.clientId },
    { active: true, client_id: 'another', aud: OWN.clientId },
    { active: true, aud: OWN.clientId },
  ],
}

test('each provider that proves for whom it issued a token has answers that are no proof', () => {
  const proving = Object.entries(PROVIDERS).filter(([, { proves }]) => proves)
  assert.deepEqual(
    Object.keys(PROOFS).toSorted(),
    proving.map(([name]) => name).toSorted(),
  )
})

for (const [name, [address, proof, ...others]] of Object.entries(PROOFS))
  test(`${name}: an access token is refused unless the provider says that it is valid and of this application`, async (t) => {
    const described = PROVIDERS[name as Name]
    assert.ok(described)
    const said = { current: proof }
    const addresses = (it: StandIn): Addresses => ({
      ...described.addresses(it),
      [address]: () => ({ body: said.current }),
    })
    const app = await opened(t, name as Name, { ...described, addresses })
    const access_token = app.it.accessToken(described.person)
    for (const other of [...others, {}, [], null]) {
      said.current = other
      const { status, body } = await app.post({ access_token })
      assert.deepEqual(
        [status, body.code],
        [400, 'provider_refused'],
        JSON.stringify(other),
      )
    }
    assert.deepEqual(await app.auth.users.list(), [])
    said.current = proof
    const { status, body } = await app.post({ access_token })
    assert.equal(status, 200, JSON.stringify([body, app.log]))
  })

test('google: both spellings of its issuer are its own', async (t) => {
  const { google } = PROVIDERS
  assert.ok(google)
  const app = await opened(t, 'google', google)
  const statusOf = async (iss: string) => {
    const id_token = app.it.idToken({ ...google.person, iss })
    return (await app.post({ id_token })).status
  }
  assert.equal(await statusOf('https://accounts.google.com'), 200)
  assert.equal(await statusOf('accounts.google.com'), 200)
  for (const iss of ['http://accounts.google.com', 'google.com', ''])
    assert.equal(await statusOf(iss), 400, iss)
})

test('discord: two snowflakes that are the same number of JavaScript are two people', async (t) => {
  const { discord } = PROVIDERS
  assert.ok(discord)
  const app = await opened(t, 'discord', discord)
  const [one, other] = ['80351110224678912', '80351110224678913']
  assert.equal(Number(one), Number(other))
  assert.equal((await app.signIn({ id: one })).body.created, true)
  assert.equal((await app.signIn({ id: other })).body.created, true)
  // The same as a number has lost its last digits.
  const { body } = await app.signIn({ id: Number(one) })
  assert.equal(body.code, 'provider_refused')
})

test('facebook: a person without an address, or who keeps it back, signs in', async (t) => {
  const { facebook } = PROVIDERS
  assert.ok(facebook)
  const app = await opened(t, 'facebook', facebook)
  const { status, body } = await app.signIn({ id: '7', name: 'Sue' })
  assert.deepEqual([status, body.created], [200, true])
})

test('keycloak: an answer that names another issuer is refused (RFC 9207)', async (t) => {
  const { keycloak } = PROVIDERS
  assert.ok(keycloak)
  const discovery = `${REALM}/.well-known/openid-configuration`
  const addresses = (it: StandIn): Addresses => {
    const all = keycloak.addresses(it)
    return {
      ...all,
      [discovery]: (asked) => {
        const body = all[discovery]?.(asked).body as object
        return { body: { ...body, authorization_response_iss_parameter_supported: true } }
      },
    }
  }
  const app = await opened(t, 'keycloak', { ...keycloak, addresses })
  for (const [iss, expected] of [
    ['https://evil.example.com', 400],
    [REALM, 200],
  ] as const) {
    const { url, cookie } = await app.begin()
    const { searchParams } = app.it.agree(url.href, keycloak.person)
    const proof = { ...Object.fromEntries(searchParams), iss }
    assert.equal((await app.post(proof, cookie)).status, expected, iss)
  }
})
