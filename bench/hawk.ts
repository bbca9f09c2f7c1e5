import { createHmac, createSecretKey, randomUUID, timingSafeEqual } from 'node:crypto'
import { seconds, type UnixSeconds } from '../src/base/clock.ts'
import { systemRandom } from '../src/base/random.ts'
import { type HawkKey, isSame, macOf } from '../src/features/hawk/mac.ts'
import { hawk } from '../src/features/hawk/scheme.ts'
import type { SignedSchemeDeps } from '../src/features/signing-keys/signed-scheme.ts'
import { parseHeader, REQUEST_ATTRIBUTES } from '../src/hawk/attributes.ts'
import { hostAndPort, normalizedString } from '../src/hawk/normalized-string.ts'
import type { AuthRequest } from '../src/http/request.ts'
import { sealText } from '../src/keys/sealed-text.ts'
import { Hawk } from '../test/hawk/reference.ts'
import { type Finding, measure } from './measure.ts'
import { working, workingAsync } from './work.ts'

const ROUNDS = 15
const MANY = 500
const ORIGIN = 'https://api.example.com'
const TARGET = '/notes?page=2'
const ID = 'client'
const SECRET = `${randomUUID()}${randomUUID()}`
const NO_BODY = Buffer.alloc(0)
const now = Math.floor(Date.now() / 1000) as UnixSeconds

/** A request as each of the two is passed it. */
interface Sent {
  readonly ours: AuthRequest
  readonly theirs: Parameters<typeof Hawk.server.authenticate>[0]
  readonly text: string
  readonly mac: Buffer
}

const credentials = { id: ID, key: SECRET, algorithm: 'sha256' } as const

function sent(): Sent {
  const nonce = randomUUID()
  const options = { credentials, timestamp: now, nonce }
  const { header } = Hawk.client.header(ORIGIN + TARGET, 'GET', options)
  const headers = { host: 'api.example.com', authorization: header }
  const artifacts = { ts: String(now), nonce, method: 'GET', resource: TARGET }
  const place = { host: 'api.example.com', port: '443' }
  const text = normalizedString('header', { ...artifacts, ...place })
  return {
    ours: {
      method: 'GET',
      url: TARGET,
      address: '127.0.0.1',
      secure: true,
      header: (name) => (headers as Readonly<Record<string, string>>)[name],
      body: async () => NO_BODY,
    },
    theirs: { method: 'GET', url: TARGET, headers },
    text,
    mac: createHmac('sha256', SECRET).update(text).digest(),
  }
}

/** The key, its owner and its nonces are in memory: what a database takes is not measured. */
function scheme() {
  const key = systemRandom(32)
  const row = {
    id: ID,
    algorithm: 'hawk-sha256',
    scopes: [],
    userId: 'ada',
    isOwnerActive: true,
    lastUsedAt: now,
    sealed: sealText(SECRET, ID, key, systemRandom),
  }
  const deps = {
    clock: () => now,
    url: ORIGIN,
    derivedKeys: () => [key],
    ports: () => ({ signingKeys: { find: async () => row } }),
    users: { find: () => ({ user: { id: 'ada', active: true } }) },
    settings: { checkActive: true },
    proofs: { use: async () => true },
  }
  return hawk({ clockSkew: seconds(60) })(deps as unknown as SignedSchemeDeps)
}

const PLACE = hostAndPort(ORIGIN)

/** What the reference does, too: reading, verifying and the time. */
function verified({ ours }: Sent, key: HawkKey): boolean {
  const { mac = '', ...parts } = parseHeader(
    ours.header('authorization') ?? '',
    REQUEST_ATTRIBUTES,
  )
  const { ts = '', nonce = '' } = parts
  const { method, url: resource } = ours
  const artifacts = { ...parts, ts, nonce, ...PLACE, method, resource }
  return isSame(macOf('header', artifacts, key), mac) && Math.abs(Number(ts) - now) <= 60
}

/** Signed GETs (Hawk): reading, verifying, time and nonce, with key and nonces in memory. */
export async function* hawkRequests(): AsyncGenerator<Finding> {
  const requests = Array.from({ length: MANY }, sent)
  const key = createSecretKey(Buffer.from(SECRET))
  const ours = scheme()
  yield await measure({
    asks: 'a GET that is signed as Hawk does it is authenticated',
    unit: 'thousand a second of one core',
    rounds: ROUNDS,
    contestants: [
      {
        name: 'watchword',
        run: working(requests, (each) => verified(each, { hash: 'sha256', secret: key })),
      },
      {
        name: 'the same, with owner and nonce',
        run: workingAsync(requests, async (each) => ours.identify(each.ours)),
      },
      {
        name: 'cryptography alone',
        run: working(requests, ({ text, mac }) =>
          timingSafeEqual(createHmac('sha256', key).update(text).digest(), mac),
        ),
      },
      {
        name: 'hawk',
        run: workingAsync(requests, ({ theirs }) =>
          Hawk.server.authenticate(theirs, async () => credentials, {
            port: 443,
            nonceFunc: async () => undefined,
          }),
        ),
      },
    ],
    bars: [
      { of: 'cryptography alone', to: 'watchword' },
      { of: 'the same, with owner and nonce', to: 'hawk' },
      { of: 'watchword', to: 'hawk', atLeast: 2 },
    ],
  })
}
