import assert from 'node:assert/strict'
import fc from 'fast-check'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { networkOf } from '../../src/http/client-address.ts'
import { testInstance } from '../../src/testing/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { freshSqlite } from '../stores/sqlite.ts'
import { property } from './property.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

const open = (tokens: object = {}) =>
  testInstance({
    authentication: [bearer(), session(), apiToken()],
    throttle: { login: null },
    tokens,
  })

type Instance = ReturnType<typeof open>

const post = (
  { auth }: Pick<Instance, 'auth'>,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  auth.handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(fields),
    }),
  )

const require = ({ auth }: Pick<Instance, 'auth'>, headers: Record<string, string>) =>
  auth.require(new Request('http://localhost/', { headers }))

/** @returns `undefined` if the input is refused with a message for its author */
async function unlessInvalid<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === 'invalid', String(error))
    return undefined
  }
}

/** Text as users type it: letters of every script, composed and decomposed, full-width, with marks. */
const names = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
      fc.stringMatching(/^[\p{L}\p{N}\p{M}_.@+-]{1,20}$/u),
    ),
    fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'),
  )
  .map(([text, form]) => (text.isWellFormed() ? text.normalize(form) : text))

property(
  'a name that was accepted signs in, is found and is unique, as it was written and as it is stored',
  [names],
  async (_, username) => {
    await using instance = open()
    const { auth } = instance
    const user = await unlessInvalid(() =>
      auth.users.create({ username, password: PASSWORD }),
    )
    if (user === undefined) return

    for (const written of [username, user.username]) {
      const { status } = await post(instance, '/api/token/', {
        username: written,
        password: PASSWORD,
      })
      assert.equal(status, 200)
      assert.equal((await auth.users.find(written))?.id, user.id)
      assert.equal((await auth.users.change(user.id, { username: written }))?.id, user.id)
      await assert.rejects(auth.users.create({ username: written }), { code: 'invalid' })
    }
    assert.deepEqual(
      await auth.users.find({ id: user.id }),
      await auth.users.find(username),
    )
  },
)

const emails = fc.oneof(
  fc.emailAddress(),
  fc
    .tuple(
      fc.stringMatching(/^[\w.+'-]{1,12}$/),
      fc.stringMatching(/^[A-Za-z0-9-]{1,8}\.[A-Z]{2}$/),
    )
    .map((parts) => parts.join('@')),
)

property(
  'an email that was accepted is found and is unique, as it was written and as it is stored',
  [emails],
  async (_, email) => {
    await using instance = open({ userIdField: 'email' })
    const { auth } = instance
    const user = await unlessInvalid(() => auth.users.create({ username: 'ada', email }))
    if (user?.email === undefined) return

    for (const written of [email, user.email]) {
      assert.equal((await auth.users.find({ email: written }))?.id, user.id)
      await assert.rejects(auth.users.create({ username: 'eve', email: written }), {
        code: 'invalid',
      })
    }
    const { access } = await auth.signIn(user.id)
    const found = await require(instance, { authorization: `Bearer ${access}` })
    assert.equal(found.user.id, user.id)
  },
)

const claims = fc.dictionary(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 6 },
)

property(
  'a token that was signed is accepted and refreshed, with every claim that was written',
  [claims],
  async (_, custom) => {
    await using instance = open({ claims: () => custom })
    const { id } = await instance.auth.users.create({ username: 'ada' })
    let refused: unknown
    const pair = await instance.auth.signIn(id).catch((error) => {
      refused = error
    })
    if (pair === undefined) {
      assert.ok(refused instanceof AuthError && refused.code === 'invalid_config')
      return
    }

    const { token } = await require(instance, { authorization: `Bearer ${pair.access}` })
    for (const [name, value] of Object.entries(custom))
      assert.deepEqual(
        (token as Record<string, unknown>)[name],
        JSON.parse(JSON.stringify(value)),
        name,
      )
    const again = await post(instance, '/api/token/refresh/', { refresh: pair.refresh })
    assert.equal(again.status, 200)
    const { access } = (await again.json()) as { readonly access: string }
    await require(instance, { authorization: `Bearer ${access}` })
    for (const each of [pair.access, pair.refresh, access]) {
      const { status } = await post(instance, '/api/token/verify/', { token: each })
      assert.equal(status, each === pair.refresh ? 400 : 200)
    }
  },
)

const cookieNames = fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,12}$/)
/** What other hosts of the domain have set: also cookies of our names, and what is no cookie at all. */
const neighbours = fc.array(
  fc
    .tuple(
      fc.oneof(
        cookieNames,
        fc.constantFrom('sessionid', 'csrftoken', '__Host-sessionid'),
      ),
      fc.stringMatching(/^[\x20-\x3a\x3c-\x7e]{0,60}$/),
    )
    .map((parts) => parts.join('=')),
  { maxLength: 6 },
)

property(
  'the cookies of a sign-in are accepted among those of neighbours, in any order',
  [neighbours, fc.nat({ max: 6 }), cookieNames],
  async (_, others, place, name) => {
    const cookie = name.startsWith('__') ? 'sessionid' : name
    await using instance = testInstance({
      authentication: [session({ cookie, csrfCookie: `${cookie}-csrf` })],
    })
    const { id } = await instance.auth.users.create({
      username: 'ada',
      password: PASSWORD,
    })
    const login = await post(instance, '/auth/login/', {
      username: 'ada',
      password: PASSWORD,
    })
    assert.equal(login.status, 200)
    const ours = login.headers.getSetCookie().map((each) => each.split(';')[0] ?? '')
    const csrf = ours.find((each) => each.includes('-csrf='))?.split('-csrf=')[1] ?? ''
    const header = others
      .toSpliced(place, 0, ...ours)
      .join('; ')
      .trim()

    assert.equal((await require(instance, { cookie: header })).user.id, id)
    const logout = await post(
      instance,
      '/auth/logout/',
      {},
      { cookie: header, 'x-csrftoken': csrf },
    )
    assert.equal(logout.status, 200)
    await assert.rejects(require(instance, { cookie: header }))
  },
)

const scopes = fc.uniqueArray(
  fc.oneof(
    fc.stringMatching(/^[\x21-\x7e]{1,12}$/),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  ),
  { maxLength: 4 },
)

property(
  'an API token that was shown is accepted, with its scopes, and found by its hint',
  [
    fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }),
    scopes,
    fc.option(fc.stringMatching(/^[\x21-\x7e]{1,12}$/), { nil: undefined }),
  ],
  async (_, name, granted, prefix) => {
    await using instance = open()
    const { auth } = instance
    const { id } = await auth.users.create({ username: 'ada' })
    const input = { name, scopes: granted, ...(prefix !== undefined && { prefix }) }
    const shown = await unlessInvalid(() => auth.apiTokens.create(id, input))
    if (shown === undefined) return

    const found = await require(instance, { authorization: `Token ${shown.token}` })
    assert.deepEqual([found.user.id, found.scopes], [id, granted])
    const [listed] = await auth.apiTokens.list(id)
    assert.deepEqual([listed?.name, listed?.scopes], [name, granted])
    assert.ok(shown.token.startsWith(listed?.hint ?? '?'))
    assert.equal(
      (await auth.apiTokens.revoke(shown.token.slice(0, listed?.hint.length)))?.id,
      listed?.id,
    )
  },
)

const port = fc.nat({ max: 65_535 })

property(
  'an IPv4 address is one network with a port, mapped into IPv6, and in brackets',
  [fc.ipV4(), port],
  async (_, address, at) => {
    const spellings = [
      `${address}:${at}`,
      `::ffff:${address}`,
      `::FFFF:${address}`,
      `[::ffff:${address}]:${at}`,
      `0:0:0:0:0:ffff:${address}`,
    ]
    for (const each of spellings) assert.equal(networkOf(each), address, each)
  },
)

property(
  'an IPv6 address is one network in every spelling',
  [fc.ipV6(), port],
  async (_, address, at) => {
    const network = networkOf(address)
    const spellings = [
      address.toUpperCase(),
      `[${address}]`,
      `[${address}]:${at}`,
      `${address}%eth0`,
      `[${address}%25eth0]:${at}`,
    ]
    for (const each of spellings) assert.equal(networkOf(each), network, each)
    assert.ok(!network.startsWith('unknown:'))
  },
)

const secrets = fc.string({ unit: 'grapheme', minLength: 40, maxLength: 60 })

property(
  'what an instance issued is accepted by the next one with the same database and secret',
  [secrets],
  async (t, secret) => {
    const database = await freshSqlite(t)
    assert.ok(typeof database !== 'string')
    const make = () => {
      const authentication = [bearer(), session(), apiToken()]
      return buildWatchword({ database: database.url, secret, authentication })
    }
    let issuer: ReturnType<typeof make>
    try {
      issuer = make()
    } catch (error) {
      assert.ok(error instanceof AuthError && error.code === 'invalid_config')
      return
    }
    const { id } = await issuer.users.create({ username: 'ada', password: PASSWORD })
    const { access, refresh } = await issuer.signIn(id)
    const { token } = await issuer.apiTokens.create(id)
    const derived = await issuer.apiTokens.keyFor(id)
    const login = await post({ auth: issuer }, '/auth/login/', {
      username: 'ada',
      password: PASSWORD,
    })
    const cookie = login.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ')
    await issuer.close()
    const auth = make()

    for (const headers of [
      { authorization: `Bearer ${access}` },
      { authorization: `Token ${token}` },
      { authorization: `Token ${derived.token}` },
      { cookie },
    ])
      assert.equal((await require({ auth }, headers)).user.id, id)
    assert.equal((await post({ auth }, '/api/token/refresh/', { refresh })).status, 200)
    await auth.close()
  },
  10,
)

/** Also with characters that URLs have in another form. */
const paths = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[\w.~-]{1,8}$/),
      fc.constantFrom('', '.', '..', '~'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((segments) => `/${segments.join('/')}`)

property(
  'an endpoint answers at any path that the options take',
  [paths],
  async (_, path) => {
    let instance: Pick<Instance, 'auth'> & AsyncDisposable
    try {
      instance = testInstance({ endpoints: { obtain: path as `/${string}` } })
    } catch (error) {
      assert.ok(
        error instanceof AuthError && error.code === 'invalid_config',
        String(error),
      )
      return
    }
    await using _instance = instance
    await instance.auth.users.create({ username: 'ada', password: PASSWORD })
    const { status } = await post(instance, path, { username: 'ada', password: PASSWORD })
    assert.equal(status, 200)
  },
)
