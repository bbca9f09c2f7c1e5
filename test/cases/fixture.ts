import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mount, serves } from '../../src/adapters/node.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { type ApiTokenId, digestOf } from '../../src/features/api-tokens/api-token.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import type { InstanceStore } from '../../src/features.ts'
import { passwords } from '../../src/passwords/passwords.ts'
import { hashQueue } from '../../src/passwords/queue.ts'
import type { Options, TokenOptions } from '../../src/settings/options.ts'
import { CHEAP_PASSWORDS } from '../../src/testing/cheap-passwords.ts'
import type { User, UserId } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { sqliteStore } from '../stores/open.ts'
import { probes, RATES, type RequestContext } from './probes.ts'

/** The keys, users and configurations of the numbered cases. */
export const KEYS = {
  right: 'conformance-key-0123456789abcdef-0123456789abcdef',
  other: 'another-key-0123456789abcdef-0123456789abcdef',
}

/** The clock stands still, so that "expires now" is a moment and not a race. */
export const NOW = 1_893_456_000 as UnixSeconds

export const ALICE = '1' as UserId

const USERS = [
  { id: '1', username: 'alice', password: 'pw12345' },
  { id: '2', username: 'ina', password: 'pw12345', active: false },
  { id: '3', username: 'staff', password: 'pw12345', staff: true },
  { id: '4', username: 'spacey', password: '  pad ' },
  { id: '5', username: 'nöel', password: 'pässwörd' },
  { id: '6', username: 'col', password: 'a:b:c' },
]

const ROTATING: TokenOptions = { rotate: true, blacklistAfterRotation: true }
const REVOKING: TokenOptions = { checkRevoke: 'claim', revokeClaim: 'md5' }
const ROOTLESS: TokenOptions = { sessions: false }

/** The configurations by their names in the tables; the empty one is Simple JWT's defaults with a store. */
const CONFIGURATIONS: {
  readonly [cfg: string]: { readonly tokens?: TokenOptions } & Pick<
    Options,
    'users' | 'endpoints' | 'throttle' | 'proxies'
  >
} = {
  '': {},
  NB: { tokens: ROOTLESS },
  ROT: { tokens: { rotate: true } },
  B: { tokens: { blacklistAfterRotation: true } },
  RB: { tokens: ROTATING },
  RBNB: { tokens: { ...ROTATING, ...ROOTLESS } },
  REV: { tokens: REVOKING },
  REVNB: { tokens: { ...REVOKING, ...ROOTLESS } },
  AI: { tokens: { audience: 'aud1', issuer: 'iss1' } },
  AL: { tokens: { audience: ['aud1', 'aud2'] } },
  LW: { tokens: { leeway: 10 } },
  HT: { tokens: { headerTypes: ['JWT', 'Bearer'], types: ['access', 'sliding'] } },
  SL: { tokens: { types: ['sliding'] } },
  HN: { tokens: { headerName: 'X-Access-Token' } },
  LL: { users: { updateLastLogin: true } },
  CI: { users: { checkActive: false } },
  USR: { tokens: { userIdField: 'username', userIdClaim: 'sub' } },
  TH: { throttle: { anon: '3/hour', login: null } },
  RU: {},
  NP0: { proxies: 0 },
  NP1: { proxies: 1 },
  NP2: { proxies: 2 },
}

/** Simple JWT's defaults as our options, changed by a configuration. */
export function optionsOf(cfg: string): Options {
  const { tokens, ...rest } = CONFIGURATIONS[cfg]!
  const sessions = tokens?.sessions !== false
  return {
    secret: 'a secret of at least thirty-two characters',
    clock: () => NOW,
    log: () => {},
    authentication: sessions ? [bearer(), session()] : [bearer()],
    tokens: {
      algorithm: 'HS256',
      signingKey: KEYS.right,
      rotate: false,
      blacklistAfterRotation: false,
      checkRevoke: false,
      overlap: 0,
      adoptForeign: sessions,
      ...tokens,
    },
    ...rest,
    endpoints: {
      slidingObtain: true,
      slidingRefresh: true,
      apiToken: true,
      ...rest.endpoints,
    },
  }
}

/** An instance in memory, and a server in front of it. */
export interface CaseInstance extends AsyncDisposable {
  readonly auth: Watchword<User>
  readonly store: InstanceStore
  readonly context: RequestContext
  readonly port: number
}

export async function instance(options: Options): Promise<CaseInstance> {
  const store = await seededStore()
  const auth = buildWatchword({ ...options, store })
  await auth.migrate()
  const shared = { ...store, close: async () => {} }
  const counting = buildWatchword({ ...options, store: shared, throttle: RATES })
  const server = createServer()
  const context: RequestContext = { remoteUser: undefined, secure: false }
  const views = probes(auth, counting, context)
  server.on('request', (request, response) => {
    const [, name = ''] = /^\/probe\/(.+)\/$/.exec(request.url ?? '') ?? []
    if (!serves(auth, request)) views[name]!(request, response)
  })
  // As a TLS socket has it.
  server.on('connection', (socket) =>
    Object.assign(socket, { encrypted: context.secure }),
  )
  mount(server, auth)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    auth,
    store,
    context,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await counting.close()
      await auth.close()
    },
  }
}

async function seededStore(): Promise<InstanceStore> {
  const store = sqliteStore({ file: ':memory:' })
  for (const { id, username, password, active = true, staff = false } of USERS) {
    await store.ports.users.insert({
      id: id as UserId,
      username,
      usernameKey: username,
      email: undefined,
      hash: await writer.hash(password),
      active,
      staff,
      superuser: false,
      joinedAt: NOW,
      attributes: {},
    })
  }
  for (const [letter, userId] of [
    ['a', '1'],
    ['b', '2'],
  ] as const) {
    await store.ports.apiTokens.insert({
      id: letter.repeat(32) as ApiTokenId,
      userId: userId as UserId,
      digest: digestOf(letter.repeat(40)),
      hint: letter.repeat(8),
      name: undefined,
      scopes: [],
      nonce: undefined,
      kind: undefined,
      epoch: undefined,
      createdAt: NOW,
      expiresAt: undefined,
    })
  }
  return store
}

const writer = passwords({
  queue: hashQueue({ concurrency: 100 }),
  random: systemRandom,
  warn: () => {},
  encodings: CHEAP_PASSWORDS,
})
