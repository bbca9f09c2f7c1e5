import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  accessCookie,
  apiToken,
  basic,
  draftCavage,
  hawk,
  httpSignature,
  remoteUser,
  session,
} from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { browseAssets } from '../../src/features/browsable-api/assets.ts'
import { FEATURE_LIST } from '../../src/features.ts'
import { serializeHeader } from '../../src/hawk/attributes.ts'
import { serializeBewit } from '../../src/hawk/bewit.ts'
import { normalizedString } from '../../src/hawk/normalized-string.ts'
import type { PresetEndpoint } from '../../src/presets/define-preset.ts'
import { djoser, djRestAuth, knox, passwordless } from '../../src/presets/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { ACCOUNT_REQUESTS, EMAIL } from './account-requests.ts'
import { restRequests } from './dj-rest-auth-requests.ts'
import { DJOSER_REQUESTS } from './djoser-requests.ts'
import { neededVerbs } from './needed-verbs.ts'
import { OAUTH_REQUESTS } from './oauth-requests.ts'
import { PASSKEY_REQUESTS } from './passkey-requests.ts'
import { PASSWORDLESS_REQUESTS, PHONE } from './passwordless-requests.ts'
import { SECOND_FACTOR_REQUESTS } from './second-factor-requests.ts'
import { SOCIAL_REQUESTS } from './social-requests.ts'

/**
 * Unknown is not no: if any part of the store cannot be read or written, an endpoint or guard that needs it answers 503, and
 * one that does not need it answers as always.
 */
const NAME = 'ada'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

const open = () =>
  testInstance({
    authentication: [
      REST.scheme,
      session(),
      apiToken(),
      draftCavage(),
      httpSignature(),
      hawk({ bewit: '5m' }),
      basic(),
      byName,
    ],
    presets: PRESETS,
    url: 'https://app.example.com',
    accounts: { signInCodes: true, requireActivation: true },
    browsableApi: { production: true, requirements: 'public', openapi: 'public' },
    codes: NO_LIMITS,
    tokens: { types: ['access', 'sliding'] },
    endpoints: { slidingObtain: true, slidingRefresh: true, revocations: true },
    counts: 'store',
    throttle: { login: '1000/s', anon: '100000/s' },
    users: { updateLastLogin: true },
    roles: { editor: ['posts.change'] },
  })

/** Each request asks for a code of its own. */
const NO_LIMITS = { resendAfter: 0, perTarget: null, perClient: null, inTotal: null }

const REST = djRestAuth({
  cookie: 'app',
  refreshCookie: 'app-refresh',
  cookiePrefix: false,
  csrf: false,
  registration: true,
})

/** One of each kind, and of knox one for each way of signing in. */
const PRESETS = [
  knox({ headerPrefix: 'Knox', limit: 1000, autoRefresh: true }),
  knox({ prefix: '/knox-form', credentials: 'body' }),
  REST,
  passwordless({ prefix: '/passwordless', types: ['email', 'mobile'] }),
  djoser({ prefix: '/dj' }),
]

type Instance = ReturnType<typeof open>

const byName = remoteUser((request) => request.header('x-name'))

/** What a client has when it sends a request. */
interface Client {
  readonly access: string
  readonly refresh: string
  readonly sliding: string
  readonly apiToken: string
  readonly knox: string
  readonly cookie: string
  readonly csrf: string
}

const post = (
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Request => {
  const init = { method: 'POST', body: new URLSearchParams(fields), headers }
  return new Request(`http://localhost${path}`, init)
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request(`http://localhost${path}`, { headers })

const CREDENTIALS = { username: NAME, password: PASSWORD }
const BASIC = { authorization: `Basic ${btoa(`${NAME}:${PASSWORD}`)}` }

type RequestOf = (client: Client, instance: Instance) => Request | Promise<Request>

/** A request that each endpoint accepts. */
const REQUESTS: Readonly<Record<string, RequestOf>> = {
  ...ACCOUNT_REQUESTS,
  obtain: () => post('/api/token/', CREDENTIALS),
  refresh: ({ refresh }) => post('/api/token/refresh/', { refresh }),
  verify: ({ refresh }) => post('/api/token/verify/', { token: refresh }),
  blacklist: ({ refresh }) => post('/api/token/blacklist/', { refresh }),
  slidingObtain: () => post('/api/token/sliding/', CREDENTIALS),
  slidingRefresh: ({ sliding }) =>
    post('/api/token/sliding/refresh/', { token: sliding }),
  apiToken: () => post('/api-token-auth/', CREDENTIALS),
  login: () => post('/auth/login/', CREDENTIALS),
  logout: ({ cookie, csrf }) =>
    post('/auth/logout/', {}, { cookie, 'x-csrftoken': csrf }),
  keySet: () => get('/.well-known/jwks.json'),
  revocations: () => get('/api/token/revocations/'),
  openapi: () => get('/openapi.json'),
  browseIndex: () => get('/auth/browse/'),
  browseAssets: () => get(browseAssets.script),
}

/** A request that each endpoint of a preset accepts. */
const PRESET_REQUESTS: Readonly<Record<string, RequestOf>> = {
  '/knox/login/': () => post('/knox/login/', {}, BASIC),
  '/knox/logout/': ({ knox }) =>
    post('/knox/logout/', {}, { authorization: `Knox ${knox}` }),
  '/knox/logoutall/': ({ knox }) =>
    post('/knox/logoutall/', {}, { authorization: `Knox ${knox}` }),
  '/knox-form/login/': () => post('/knox-form/login/', CREDENTIALS),
  '/knox-form/logout/': ({ apiToken }) =>
    post('/knox-form/logout/', {}, { authorization: `Token ${apiToken}` }),
  '/knox-form/logoutall/': ({ apiToken }) =>
    post('/knox-form/logoutall/', {}, { authorization: `Token ${apiToken}` }),
  ...restRequests,
  ...PASSWORDLESS_REQUESTS,
  ...DJOSER_REQUESTS,
}

/** A request that each scheme accepts. */
const SCHEMES: Readonly<Record<string, RequestOf>> = {
  'an access token': ({ access }) => get('/', { authorization: `Bearer ${access}` }),
  'a sliding token': ({ sliding }) => get('/', { authorization: `Bearer ${sliding}` }),
  'an API token': ({ apiToken }) => get('/', { authorization: `Token ${apiToken}` }),
  'a browser session': ({ cookie }) => get('/', { cookie }),
  'a password': () => get('/', BASIC),
  'an access token in a cookie': ({ access }) => get('/', { cookie: `app=${access}` }),
  'a signature': signed,
  "Hawk's header": hawkSigned,
  'a bewit': withBewit,
  'a name from a proxy': () => get('/', { 'x-name': NAME }),
}

/** A request that is signed with a new key of the user (RFC 9421). */
async function signed(_: Client, { auth, clock }: Instance): Promise<Request> {
  const user = await auth.users.find(NAME)
  const { key, secret } = await auth.signingKeys.create({ userId: user?.id ?? '' })
  const input = `("@method" "@target-uri");created=${Math.floor(clock.now())};keyid="${key.id}";nonce="n"`
  const base = `"@method": GET\n"@target-uri": https://app.example.com/\n"@signature-params": ${input}`
  const mac = createHmac('sha256', secret ?? '')
    .update(base)
    .digest('base64')
  return get('/', { 'signature-input': `sig=${input}`, signature: `sig=:${mac}:` })
}

const HAWK = { host: 'app.example.com', port: '443', method: 'GET' } as const

async function hawkKey({ auth }: Instance) {
  const { id: userId = '' } = (await auth.users.find(NAME)) ?? {}
  const options = { algorithm: 'hawk-sha256' } as const
  const { key, secret = '' } = await auth.signingKeys.create({ userId }, options)
  const macOf = (text: string) =>
    createHmac('sha256', secret).update(text).digest('base64')
  return { id: key.id, macOf }
}

/** A request that is signed with a new key of the user, as Hawk does it. */
async function hawkSigned(_: Client, instance: Instance): Promise<Request> {
  const { id, macOf } = await hawkKey(instance)
  const parts = { ts: String(Math.floor(instance.clock.now())), nonce: 'n' }
  const mac = macOf(normalizedString('header', { ...HAWK, ...parts, resource: '/' }))
  return get('/', { authorization: serializeHeader({ id, ...parts, mac }) })
}

async function withBewit(_: Client, instance: Instance): Promise<Request> {
  const { id, macOf } = await hawkKey(instance)
  const exp = String(Math.floor(instance.clock.now()) + 60)
  const parts = { ts: exp, nonce: '', resource: '/' }
  const mac = macOf(normalizedString('bewit', { ...HAWK, ...parts }))
  return get(`/?bewit=${serializeBewit({ id, exp, mac, ext: '' })}`)
}

async function signedIn({ auth }: Instance): Promise<Client> {
  const fieldsOf = async (request: Request) => {
    const response = await auth.handler(request)
    assert.equal(response.status, 200, request.url)
    const body = (await response.json()) as Readonly<Record<string, string>>
    return { body, cookies: response.headers.getSetCookie() }
  }
  const pair = await fieldsOf(post('/api/token/', CREDENTIALS))
  const sliding = await fieldsOf(post('/api/token/sliding/', CREDENTIALS))
  const token = await fieldsOf(post('/api-token-auth/', CREDENTIALS))
  const knoxToken = await fieldsOf(post('/knox-form/login/', CREDENTIALS))
  const { cookies } = await fieldsOf(post('/auth/login/', CREDENTIALS))
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ')
  return {
    access: pair.body.access ?? '',
    refresh: pair.body.refresh ?? '',
    sliding: sliding.body.token ?? '',
    apiToken: token.body.token ?? '',
    knox: knoxToken.body.token ?? '',
    cookie,
    csrf: /csrftoken=([^;]*)/.exec(cookie)?.[1] ?? '',
  }
}

/** Undoing a change of the address ends the password. */
async function givePassword({ auth }: Instance): Promise<void> {
  const user = await auth.users.find(NAME)
  if (user !== undefined && !(await auth.users.checkPassword(user.id, PASSWORD)))
    await auth.users.setPassword(user.id, PASSWORD)
}

/** The answer of an endpoint, or of a guard if no endpoint has the path. */
async function answer({ auth }: Instance, request: Request): Promise<Response> {
  if (new URL(request.url).pathname !== '/') return auth.handler(request)
  try {
    await auth.require(request)
    return new Response('{}')
  } catch (error) {
    assert.ok(error instanceof AuthError, String(error))
    return error.toResponse()
  }
}

/** Signs in and makes a request; then nothing that was cached counts any more. */
async function prepared(instance: Instance, requestOf: RequestOf) {
  instance.clock.advance(60)
  await givePassword(instance)
  const client = await signedIn(instance)
  return { client, request: await requestOf(client, instance) }
}

/** @returns the parts of the store without which the answer is 503 */
async function neededBy(
  instance: Instance,
  requestOf: RequestOf,
): Promise<readonly string[]> {
  let secrets: readonly string[] = []
  let logged = 0
  const prepare = async () => {
    const { client, request } = await prepared(instance, requestOf)
    secrets = [PASSWORD, ...Object.values(client)]
    logged = instance.log.length
    return () => answer(instance, request)
  }
  return neededVerbs(instance, prepare, (response, verb) => {
    const entries = instance.log.slice(logged)
    const text = JSON.stringify(entries)
    for (const secret of secrets)
      assert.ok(!text.includes(secret), `${verb}: the log has a secret`)
    if (response.ok) return
    const seconds = Number(response.headers.get('retry-after'))
    assert.ok(seconds >= 1, `${verb}: no Retry-After`)
    assert.ok(entries.length <= 1, `${verb}: logged ${entries.length} times`)
  })
}

/** Endpoints whose answer comes from memory. */
const NEEDS_NO_STORE = ['keySet', 'browseAssets']

const ALL = { ...REQUESTS, ...PRESET_REQUESTS, ...SCHEMES }

for (const [name, requestOf] of Object.entries(ALL))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    await using instance = open()
    await instance.auth.users.create({
      ...CREDENTIALS,
      email: EMAIL,
      phone: PHONE,
      emailVerified: true,
    })
    const needed = await neededBy(instance, requestOf)

    assert.equal(needed.length === 0, NEEDS_NO_STORE.includes(name), needed.join(', '))
  })

test('every endpoint of every feature is tried', () => {
  const names = FEATURE_LIST.flatMap(({ endpoints = {} }) => Object.keys(endpoints))
  const tried = Object.keys({
    ...REQUESTS,
    ...SECOND_FACTOR_REQUESTS,
    ...PASSKEY_REQUESTS,
    ...SOCIAL_REQUESTS,
    ...OAUTH_REQUESTS,
  })
  assert.deepEqual(tried.sort(), names.sort())
})

test('every endpoint of every preset is tried', () => {
  const paths = PRESETS.flatMap(({ prefix, endpoints }) =>
    Object.values(endpoints).map(
      (each: PresetEndpoint) => (each.prefix ?? prefix) + each.path,
    ),
  )
  assert.deepEqual(Object.keys(PRESET_REQUESTS).sort(), paths.sort())
})

test('every scheme of every feature is tried', () => {
  const made = FEATURE_LIST.flatMap(({ schemes = [] }) => schemes)
  assert.deepEqual(made, [
    accessCookie,
    apiToken,
    session,
    httpSignature,
    hawk,
    draftCavage,
  ])
})

test('while nothing answers, no request is accepted or refused for good', async () => {
  await using instance = open()
  await instance.auth.users.create({ ...CREDENTIALS, email: EMAIL, phone: PHONE })
  for (const requestOf of Object.values(ALL)) {
    const { request } = await prepared(instance, requestOf)
    if (/jwks\.json$|\/browse\/assets\//.test(request.url)) continue
    instance.faults.failAll()
    const { status } = await answer(instance, request)
    instance.faults.clear()

    assert.equal(status, 503, request.url)
  }
})
