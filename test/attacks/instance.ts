import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { Algorithm } from '../../src/jwt/algorithms.ts'
import { passwords } from '../../src/passwords/passwords.ts'
import { hashQueue } from '../../src/passwords/queue.ts'
import type { TokenOptions } from '../../src/settings/options.ts'
import { CHEAP_PASSWORDS } from '../../src/testing/cheap-passwords.ts'
import type { User, UserId } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { sqliteStore } from '../stores/open.ts'
import type { Profile } from './corpus.ts'

/** The one user of the corpus. */
export const ALICE = {
  id: '1' as UserId,
  username: 'alice',
  password: 'correct horse battery staple',
}

export interface TestInstance {
  readonly auth: Watchword<User>
  readonly store: InstanceStore
  close(): Promise<void>
}

/** The authentication schemes of an instance. Each case of the corpus that is not about bearer tokens names one. */
export const SCHEMES = {
  bearer: [bearer()],
  basic: [basic()],
  session: [bearer(), session()],
} as const satisfies { readonly [name: string]: readonly Scheme<User>[] }
export type SchemeName = keyof typeof SCHEMES

/** An instance in memory with the options of a profile and a clock that stands still. */
export async function instanceOf(
  { issuer, audience, leeway, algorithms, tokenType }: Profile,
  now: number,
  key: Pick<TokenOptions, 'signingKey' | 'verifyingKey'>,
  scheme: SchemeName = 'bearer',
): Promise<TestInstance> {
  const clock = (): UnixSeconds => now as UnixSeconds
  const store = sqliteStore({ file: ':memory:' })
  const auth: Watchword<User> = buildWatchword({
    store,
    secret: 'a secret of the attacks, and long enough',
    clock,
    authentication: SCHEMES[scheme],
    tokens: {
      algorithm: algorithms[0] as Algorithm,
      ...key,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      ...(leeway === undefined ? {} : { leeway }),
      ...(tokenType === 'sliding' ? { types: ['sliding'] } : {}),
    },
  })
  await auth.migrate()
  await insertAlice(store, clock())
  return { auth, store, close: () => auth.close() }
}

async function insertAlice(
  { ports: { users } }: InstanceStore,
  now: UnixSeconds,
): Promise<void> {
  const { hash } = passwords({
    queue: hashQueue({ concurrency: 100 }),
    random: systemRandom,
    warn() {},
    encodings: CHEAP_PASSWORDS,
  })
  await users.insert({
    id: ALICE.id,
    username: ALICE.username,
    usernameKey: ALICE.username,
    email: undefined,
    hash: await hash(ALICE.password),
    active: true,
    staff: false,
    superuser: false,
    joinedAt: now,
    attributes: {},
  })
}
