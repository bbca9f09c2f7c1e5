import { createHmac } from 'node:crypto'
import type {
  Probe,
  Profile,
  Way,
  Written,
} from '../../../releases/expected.ts'
import { newPasswordOf, PEOPLE, type Person, passwordOf } from './people.ts'
import type { Instance } from './release.ts'
import { DAY, FOREIGN_KEY, HOUR, NOW, type World } from './world.ts'

/** A database that the release writes, and that an import or a restored backup writes past it. */
export interface Database {
  run(sql: string): Promise<void>
}

interface Step {
  /** Seconds before the end. */
  readonly ago: number
  does(world: World, database: Database): Promise<unknown>
}

/** What an answer says of a credential. */
const VERDICTS = {
  live: { expect: 'live', status: 200 },
  expired: { expect: 'expired', status: 401, detail: 'Token is expired' },
  revoked: { expect: 'dead', status: 401, detail: 'Token is blacklisted' },
  unknown: { expect: 'dead', status: 401, detail: 'Token is invalid' },
  userGone: {
    expect: 'dead',
    status: 401,
    detail: 'No active account found for the given token.',
  },
  passwordChanged: {
    expect: 'dead',
    status: 401,
    detail: "The user's password has been changed.",
  },
  wrongPassword: {
    expect: 'dead',
    status: 401,
    detail: 'No active account found with the given credentials',
  },
  throttled: { expect: 'throttled', status: 429 },
  /** An access token that does not verify, whatever the reason. */
  notValid: {
    expect: 'dead',
    status: 401,
    detail: 'Given token not valid for any token type',
  },
  accessExpired: {
    expect: 'expired',
    status: 401,
    detail: 'Given token not valid for any token type',
  },
  userNotFound: { expect: 'dead', status: 401, detail: 'User not found' },
  userInactive: { expect: 'dead', status: 401, detail: 'User is inactive' },
  noApiToken: { expect: 'dead', status: 401, detail: 'Invalid token.' },
  apiTokenExpired: { expect: 'expired', status: 401, detail: 'Invalid token.' },
  apiTokenInactive: {
    expect: 'dead',
    status: 401,
    detail: 'User inactive or deleted.',
  },
  signedOut: {
    expect: 'dead',
    status: 401,
    detail: 'Authentication credentials were not provided.',
  },
  cookieExpired: {
    expect: 'expired',
    status: 401,
    detail: 'Authentication credentials were not provided.',
  },
} as const satisfies Record<string, Pick<Probe, 'expect' | 'status' | 'detail'>>

const steps: Step[] = []
const probes: (() => Probe)[] = []

const at = (ago: number, does: Step['does']): void => {
  steps.push({ ago, does })
}

/** Says what a credential does at the end; `text` is known by then. */
function probe(
  way: Way,
  username: string,
  what: string,
  verdict: keyof typeof VERDICTS,
  text: () => string | undefined,
  rest: Partial<Probe> = {},
): void {
  probes.push(() => {
    const known = text()
    const given = known === undefined ? {} : { text: known }
    const base = { what, way, profile: 'default' as const, username }
    return { ...base, ...VERDICTS[verdict], ...given, ...rest }
  })
}

const nothing = (): undefined => undefined

interface Tokens {
  readonly refresh: string[]
  readonly access: string[]
}

/** A sign-in and its refreshes, at these moments. */
function chain(
  username: string,
  agos: readonly number[],
  {
    profile = 'default' as Profile,
    password = passwordOf(username),
    refresh = undefined as string | undefined,
  } = {},
): Tokens {
  const made: Tokens = { refresh: [], access: [] }
  if (refresh !== undefined) made.refresh.push(refresh)
  for (const ago of agos) {
    at(ago, async (world) => {
      const last = made.refresh.at(-1)
      const { body } = await (last === undefined
        ? world.post('/api/token/', { username, password }, { profile })
        : world.post('/api/token/refresh/', { refresh: last }, { profile }))
      made.refresh.push(body.refresh ?? '')
      made.access.push(body.access ?? '')
    })
  }
  return made
}

const claimsOf = (token: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString())

const sessionOf = ({ refresh }: Tokens): string =>
  String(claimsOf(refresh[0]).sid)

// Users, each with the hash that it came with.

function enters({ username, password, hash, fields, ago }: Person): void {
  at(ago ?? 40 * DAY, async (world, database) => {
    const own = hash === undefined && password !== '!' ? { password } : {}
    await world.instance().users.create({ username, ...own, ...fields })
    if (hash === undefined) return
    await database.run(
      `update users set hash = '${hash}' where username = '${username}'`,
    )
  })
}

const CHANGED = ['changed', 'claim-changed']

function signsIn({ username, password, canSignIn }: Person): void {
  if (username === 'throttled') return
  const current = CHANGED.includes(username)
    ? newPasswordOf(username)
    : (password ?? '')
  const verdict = canSignIn ? 'live' : 'wrongPassword'
  const what = canSignIn ? 'signs in' : 'cannot sign in'
  probe('password', username, `${username} ${what}`, verdict, nothing, {
    password: current,
  })
}

for (const person of PEOPLE) {
  enters(person)
  signsIn(person)
}
probe(
  'password',
  'changed',
  'the password of before does not sign in',
  'wrongPassword',
  nothing,
  { password: passwordOf('changed') },
)
probe(
  'browser',
  'everywhere',
  'a browser signs in with a password',
  'live',
  nothing,
  { password: passwordOf('everywhere') },
)

// Signing keys: K1 has retired, K2 verifies, K3 signs, K4 is next.

at(20 * DAY, (world) => world.instance().keys.rotate())
at(10 * HOUR, (world) => world.instance().keys.rotate())

// Sessions with refresh tokens, in every state.

const fresh = chain('vitor', [60])
probe('bearer', 'vitor', 'a fresh access token', 'live', () => fresh.access[0])
probe(
  'refresh',
  'vitor',
  'a fresh refresh token',
  'live',
  () => fresh.refresh[0],
)

const slept = chain('vitor', [20 * HOUR])
probe(
  'refresh',
  'vitor',
  'a refresh token of the key that retires',
  'live',
  () => slept.refresh[0],
)
probe(
  'bearer',
  'vitor',
  'the access token of 20 hours ago',
  'accessExpired',
  () => slept.access[0],
)

const rotated = chain('vitor', [5, 4, 3, 2, 1].map((it) => it * HOUR))
probe(
  'refresh',
  'vitor',
  'the refresh token after four rotations',
  'live',
  () => rotated.refresh[4],
)

const spent = chain('ada', [3 * HOUR, 2 * HOUR, 45])
probe(
  'bearer',
  'ada',
  'the access token of a session before its reuse',
  'live',
  () => spent.access[2],
)
probe(
  'refresh',
  'ada',
  'a refresh token that was spent, which ends its session',
  'revoked',
  () => spent.refresh[0],
)
probe(
  'refresh',
  'ada',
  'the newest refresh token after the reuse',
  'revoked',
  () => spent.refresh[2],
)
probe(
  'bearer',
  'ada',
  'the access token after the reuse',
  'notValid',
  () => spent.access[2],
)

const overlapping = chain('ada', [40, 5])
probes.push(() => ({
  what: 'a refresh token spent 5 seconds ago gets the same successor',
  way: 'refresh',
  profile: 'default',
  username: 'ada',
  ...VERDICTS.live,
  text: overlapping.refresh[0] ?? '',
  successor: overlapping.refresh[1] ?? '',
}))
probe(
  'refresh',
  'ada',
  'the successor in the overlap',
  'live',
  () => overlapping.refresh[1],
)

const replayed = chain('ada', [2 * HOUR, HOUR])
at(HOUR - 5, (world) =>
  world.post('/api/token/refresh/', { refresh: replayed.refresh[0] }),
)
probe(
  'refresh',
  'ada',
  'the successor that was issued twice',
  'live',
  () => replayed.refresh[1],
)

const loggedOut = chain('ada', [100])
at(50, (world) =>
  world.post('/api/token/blacklist/', { refresh: loggedOut.refresh[0] }),
)
probe(
  'refresh',
  'ada',
  'the refresh token after a logout',
  'revoked',
  () => loggedOut.refresh[0],
)
probe(
  'bearer',
  'ada',
  'the access token after a logout',
  'notValid',
  () => loggedOut.access[0],
)

const reused = chain('ada', [3 * HOUR, 2 * HOUR, 250])
at(200, (world) =>
  world.post(
    '/api/token/refresh/',
    { refresh: reused.refresh[0] },
    { status: 401 },
  ),
)
probe(
  'refresh',
  'ada',
  'the newest refresh token of a session ended by reuse',
  'revoked',
  () => reused.refresh[2],
)
probe(
  'bearer',
  'ada',
  'the access token of a session ended by reuse',
  'notValid',
  () => reused.access[2],
)

const endedByStaff = chain('vitor', [2 * HOUR, 220])
at(180, (world) => {
  const { events, sessions } = world.instance()
  return events.by('staff:7', () => sessions.end(sessionOf(endedByStaff)))
})
probe(
  'refresh',
  'vitor',
  'the refresh token of a session ended by staff',
  'revoked',
  () => endedByStaff.refresh[1],
)
probe(
  'bearer',
  'vitor',
  'the access token of a session ended by staff',
  'notValid',
  () => endedByStaff.access[1],
)

const elsewhere = [
  chain('everywhere', [2 * HOUR]),
  chain('everywhere', [HOUR]),
] as const
const here = chain('everywhere', [200])
at(150, async (world) =>
  world
    .instance()
    .sessions.endAll(await world.idOf('everywhere'), sessionOf(here)),
)
for (const { refresh } of elsewhere) {
  probe(
    'refresh',
    'everywhere',
    'a refresh token after signing out everywhere else',
    'revoked',
    () => refresh[0],
  )
}
probe(
  'bearer',
  'everywhere',
  'the access token of the session that was kept',
  'live',
  () => here.access[0],
)
probe(
  'refresh',
  'everywhere',
  'the refresh token of the session that was kept',
  'live',
  () => here.refresh[0],
)

const ofEpoch0 = chain('changed', [13 * HOUR])
at(12 * HOUR, async (world) =>
  world
    .instance()
    .users.setPassword(await world.idOf('changed'), 'one between the two, away'),
)
const ofEpoch1 = chain('changed', [160], {
  password: 'one between the two, away',
})
at(150, async (world) =>
  world
    .instance()
    .users.setPassword(await world.idOf('changed'), newPasswordOf('changed')),
)
const ofEpoch2 = chain('changed', [140], { password: newPasswordOf('changed') })
for (const { refresh } of [ofEpoch0, ofEpoch1]) {
  probe(
    'refresh',
    'changed',
    'a refresh token from before a password change',
    'passwordChanged',
    () => refresh[0],
  )
}
probe(
  'bearer',
  'changed',
  'an access token from before a password change',
  'passwordChanged',
  () => ofEpoch1.access[0],
)
probe(
  'bearer',
  'changed',
  'an access token from after two password changes',
  'live',
  () => ofEpoch2.access[0],
)
probe(
  'refresh',
  'changed',
  'a refresh token from after two password changes',
  'live',
  () => ofEpoch2.refresh[0],
)

const deactivated = chain('deactivated', [200])
at(150, async (world) =>
  world.instance().users.change(await world.idOf('deactivated'), {
    active: false,
  }),
)
probe(
  'refresh',
  'deactivated',
  'a refresh token of a user who was deactivated',
  'userGone',
  () => deactivated.refresh[0],
)
probe(
  'bearer',
  'deactivated',
  'an access token of a user who was deactivated',
  'userInactive',
  () => deactivated.access[0],
)

const removed = chain('removed', [200])
at(150, async (world) =>
  world.instance().users.delete(await world.idOf('removed')),
)
probe(
  'refresh',
  'removed',
  'a refresh token of a user who was deleted',
  'userGone',
  () => removed.refresh[0],
)
probe(
  'bearer',
  'removed',
  'an access token of a user who was deleted',
  'userNotFound',
  () => removed.access[0],
)

const idle = chain('vitor', [2 * DAY])
probe(
  'refresh',
  'vitor',
  'a refresh token of a session that has been idle',
  'expired',
  () => idle.refresh[0],
)

/** Old enough to be flushed, and so is its key. */
const flushable = chain('vitor', [39 * DAY])
probe(
  'refresh',
  'vitor',
  'a refresh token of a key that has retired',
  'unknown',
  () => flushable.refresh[0],
)

/** Kept alive for as long as a session can be: it ended ten minutes ago. */
const absolute = chain(
  'ada',
  Array.from({ length: 32 }, (_, day) =>
    Math.max(30 * DAY + 600 - day * 23 * HOUR, 1200),
  ),
)
probe(
  'refresh',
  'ada',
  'the newest refresh token of a session past its absolute end',
  'expired',
  () => absolute.refresh.at(-1),
)

const restored = chain('restored', [3 * HOUR, 2 * HOUR])
at(HOUR, (_, database) =>
  database.run(
    `update sessions set generation = 0, previous_jti = null, rotated_at = null,
      jti = '${claimsOf(restored.refresh[0]).jti}'
      where id = '${sessionOf(restored)}'`,
  ),
)
at(HOUR - 60, (world) =>
  world.post(
    '/api/token/refresh/',
    { refresh: restored.refresh[1] },
    { status: 401 },
  ),
)
probe(
  'refresh',
  'restored',
  'a refresh token that a restored backup does not know',
  'unknown',
  () => restored.refresh[1],
)
probe(
  'refresh',
  'restored',
  'the refresh token that a restored backup knows',
  'live',
  () => restored.refresh[0],
)

// Sliding tokens.

function sliding(username: string, ago: number): { token?: string } {
  const made: { token?: string } = {}
  at(ago, async (world) => {
    const body = { username, password: passwordOf(username) }
    const answer = await world.post('/api/token/sliding/', body)
    made.token = answer.body.token ?? ''
  })
  return made
}

const slides = sliding('vitor', 60)
probe('bearer', 'vitor', 'a sliding token', 'live', () => slides.token)
probe(
  'sliding refresh',
  'vitor',
  'a sliding token is exchanged',
  'live',
  () => slides.token,
)
const slidOut = sliding('vitor', 120)
at(100, (world) =>
  world.post('/api/token/blacklist/', { token: slidOut.token }),
)
probe(
  'bearer',
  'vitor',
  'a sliding token after a logout',
  'notValid',
  () => slidOut.token,
)
probe(
  'sliding refresh',
  'vitor',
  'a sliding token is not exchanged after a logout',
  'revoked',
  () => slidOut.token,
)
const slidAway = sliding('vitor', HOUR)
probe(
  'sliding refresh',
  'vitor',
  'a sliding token past its end',
  'expired',
  () => slidAway.token,
)

// Browser sessions.

interface Browser {
  cookie?: string
  csrf?: string
}

function browser(username: string, ago: number): Browser {
  const made: Browser = {}
  at(ago, async (world) => {
    const body = { username, password: passwordOf(username) }
    const { cookies } = await world.post('/auth/login/', body)
    const named = (name: string): string =>
      cookies.find((cookie) => cookie.startsWith(`${name}=`)) ?? ''
    made.cookie = named('__Host-sessionid')
    made.csrf = named('csrftoken')
  })
  return made
}

const browsing = browser('ada', 13 * DAY)
probe('cookie', 'ada', 'a browser session', 'live', () => browsing.cookie)
const outOfDate = browser('ada', 14 * DAY + 60)
probe(
  'cookie',
  'ada',
  'a browser session after two weeks',
  'cookieExpired',
  () => outOfDate.cookie,
)
const flushableBrowser = browser('ada', 20 * DAY)
probe(
  'cookie',
  'ada',
  'a browser session that can be flushed',
  'cookieExpired',
  () => flushableBrowser.cookie,
)
const left = browser('ada', 2 * DAY)
at(DAY, (world) =>
  world.post('/auth/logout/', {}, {
    headers: {
      cookie: `${left.cookie}; ${left.csrf}`,
      'x-csrftoken': left.csrf?.split('=')[1] ?? '',
    },
  }),
)
probe(
  'cookie',
  'ada',
  'a browser session after a logout',
  'signedOut',
  () => left.cookie,
)
const browsedBefore = browser('changed', DAY)
probe(
  'cookie',
  'changed',
  'a browser session from before a password change',
  'signedOut',
  () => browsedBefore.cookie,
)

// Tokens with a claim that depends on the password's hash and the secret.

const throughClaim = { profile: 'claim' } as const
const claiming = chain('claim', [210], throughClaim)
probe(
  'bearer',
  'claim',
  'an access token whose revoke claim fits',
  'live',
  () => claiming.access[0],
  throughClaim,
)
probe(
  'refresh',
  'claim',
  'a refresh token whose revoke claim fits',
  'live',
  () => claiming.refresh[0],
  throughClaim,
)
const claimed = chain('claim-changed', [210], throughClaim)
at(150, async (world) =>
  world
    .instance('claim')
    .users.setPassword(
      await world.idOf('claim-changed'),
      newPasswordOf('claim-changed'),
    ),
)
probe(
  'bearer',
  'claim-changed',
  'an access token whose revoke claim does not fit any more',
  'passwordChanged',
  () => claimed.access[0],
  throughClaim,
)
probe(
  'refresh',
  'claim-changed',
  'a refresh token whose revoke claim does not fit any more',
  'passwordChanged',
  () => claimed.refresh[0],
  throughClaim,
)

// Tokens that a Simple JWT server with the same key had issued.

const throughForeign = { profile: 'foreign' } as const

function foreign(userId: string, jti: string): string {
  const part = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url')
  const [iat, exp] = [NOW - DAY, NOW + DAY]
  const claims = { token_type: 'refresh', exp, iat, jti, user_id: userId }
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  const signature = createHmac('sha256', FOREIGN_KEY).update(signed)
  return `${signed}.${signature.digest('base64url')}`
}

/** A foreign token of a user, and the tokens that it was exchanged for. */
function foreignChain(jti: string, agos: readonly number[]): Tokens {
  const made: Tokens = { refresh: [], access: [] }
  at(DAY, async (world) => {
    made.refresh.push(foreign(await world.idOf('vitor'), jti))
  })
  for (const ago of agos) {
    at(ago, async (world) => {
      const body = { refresh: made.refresh.at(-1) }
      const answer = await world.post(
        '/api/token/refresh/',
        body,
        throughForeign,
      )
      made.refresh.push(answer.body.refresh ?? '')
      made.access.push(answer.body.access ?? '')
    })
  }
  return made
}

const unseen = foreignChain('a0000000000000000000000000000001', [])
probe(
  'refresh',
  'vitor',
  'a foreign refresh token that was never presented',
  'live',
  () => unseen.refresh[0],
  throughForeign,
)
const adopted = foreignChain('a0000000000000000000000000000002', [100])
probe(
  'bearer',
  'vitor',
  'the access token of a session that was adopted',
  'live',
  () => adopted.access[0],
  throughForeign,
)
probe(
  'refresh',
  'vitor',
  'the successor of a foreign refresh token',
  'live',
  () => adopted.refresh[1],
  throughForeign,
)
const adoptedAndSpent = foreignChain('a0000000000000000000000000000003', [100])
probe(
  'refresh',
  'vitor',
  'a foreign refresh token that was spent',
  'revoked',
  () => adoptedAndSpent.refresh[0],
  throughForeign,
)
const ofAStranger = foreign('4711', 'a0000000000000000000000000000004')
at(50, (world) =>
  world.post(
    '/api/token/blacklist/',
    { refresh: ofAStranger },
    throughForeign,
  ),
)
probe(
  'refresh',
  '',
  'a foreign refresh token of an unknown user after its logout',
  'revoked',
  () => ofAStranger,
  throughForeign,
)

// API tokens.

type TokenInput = Parameters<Instance['tokens']['create']>[1]

function apiToken(
  username: string,
  ago: number,
  input: TokenInput = {},
): { token?: string; id?: string } {
  const made: { token?: string; id?: string } = {}
  at(ago, async (world) => {
    const id = await world.idOf(username)
    const { token, record } = await world.instance().tokens.create(id, input)
    made.token = token
    made.id = record.id
  })
  return made
}

const plain = apiToken('vitor', 30 * DAY)
probe('api token', 'vitor', 'an API token', 'live', () => plain.token)
const scoped = apiToken('vitor', 3 * DAY, {
  name: 'Deploy Żółć',
  scopes: ['notes:read', 'notes:write'],
  expiresIn: '30d',
  prefix: 'acme',
})
probe(
  'api token',
  'vitor',
  'an API token with scopes and an end',
  'live',
  () => scoped.token,
  { scopes: ['notes:read', 'notes:write'] },
)
const ended = apiToken('vitor', 3 * DAY, { expiresIn: '1h' })
probe(
  'api token',
  'vitor',
  'an API token past its end',
  'apiTokenExpired',
  () => ended.token,
)
const revoked = apiToken('ada', DAY)
at(HOUR, (world) => world.instance().tokens.revoke(revoked.id ?? ''))
probe(
  'api token',
  'ada',
  'an API token that was revoked',
  'noApiToken',
  () => revoked.token,
)
const revokedWithAll = apiToken('claim', DAY)
at(HOUR, async (world) =>
  world.instance().tokens.revokeAll(await world.idOf('claim')),
)
probe(
  'api token',
  'claim',
  'an API token after all were revoked',
  'noApiToken',
  () => revokedWithAll.token,
)
const ofInactive = apiToken('deactivated', DAY)
probe(
  'api token',
  'deactivated',
  'an API token of a user who was deactivated',
  'apiTokenInactive',
  () => ofInactive.token,
)
const ofRemoved = apiToken('removed', DAY)
probe(
  'api token',
  'removed',
  'an API token of a user who was deleted',
  'noApiToken',
  () => ofRemoved.token,
)

function derived(
  username: string,
  ago: number,
  reset = false,
): { token?: string } {
  const made: { token?: string } = {}
  at(ago, async (world) => {
    const id = await world.idOf(username)
    made.token = (await world.instance().tokens.keyFor(id, { reset })).token
  })
  return made
}

const OWNERS = [
  ['vitor', 20 * DAY, 'older'],
  ['ada', DAY, 'newer'],
] as const
for (const [username, ago, secret] of OWNERS) {
  const made = derived(username, ago)
  const what = `an API token derived from the ${secret} secret`
  probe('api token', username, what, 'live', () => made.token)
  probe('derived', username, `${what}, again`, 'live', () => made.token, {
    password: passwordOf(username),
  })
}
const beforeReset = derived('everywhere', 3 * DAY)
const afterReset = derived('everywhere', 2 * DAY, true)
probe(
  'api token',
  'everywhere',
  'a derived API token before its reset',
  'noApiToken',
  () => beforeReset.token,
)
probe(
  'api token',
  'everywhere',
  'a derived API token after its reset',
  'live',
  () => afterReset.token,
)

// Wrong passwords, counted.

const GUESSER = '198.51.100.9'
for (let ago = 30; ago > 19; ago--) {
  at(ago, (world) =>
    world.post(
      '/api/token/',
      { username: 'throttled', password: 'wrong' },
      { address: GUESSER, status: ago > 20 ? 401 : 429 },
    ),
  )
}
probe(
  'password',
  'throttled',
  'the right password from where ten wrong ones came',
  'throttled',
  nothing,
  { password: passwordOf('throttled'), address: GUESSER },
)
probe(
  'password',
  'throttled',
  'the right password from another address',
  'live',
  nothing,
  { password: passwordOf('throttled'), address: '203.0.113.99' },
)

/** Lets it all happen, the oldest first. */
export async function play(world: World, database: Database): Promise<void> {
  for (const { ago, does } of steps.toSorted((a, b) => b.ago - a.ago)) {
    await world.goTo(ago)
    await does(world, database)
  }
  await world.goTo(0)
}

/** What the credentials of the last run do now. */
export const probed = (): Written['probes'] => probes.map((known) => known())
