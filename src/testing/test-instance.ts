import type { Scheme } from '../authentication/scheme.ts'
import type { LogEntry } from '../base/log.ts'
import { FEATURE_LIST, type FeatureTesting, STORE_EXTENSIONS } from '../features.ts'

import { openInstance } from '../instance/instance.ts'
import { lazily } from '../instance/lazy-instance.ts'
import type { RightsOf, Roles } from '../permissions/rights.ts'
import type { Options } from '../settings/options.ts'
import { parseSettings } from '../settings/settings.ts'
import { IN_MEMORY } from '../stores/sqlite/open-database.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { AttributesOf, UserFields } from '../users/fields.ts'
import type { Attributes, User } from '../users/user.ts'
import { type UserOf, type Watchword, watchwordOf } from '../watchword.ts'
import { CHEAP_PASSWORDS } from './cheap-passwords.ts'
import { type TestClock, testClock } from './clock.ts'
import { type FaultSwitches, type Faults, faultSwitches, withFaults } from './faults.ts'
import { type SignInAs, signingInAs } from './sign-in-as.ts'

/**
 * The options of the instance under test. `database`, `redis`, `clock`, `log`, and what `sms` and `mail` send with are replaced, so that
 * the options of the application can be passed as they are.
 */
export interface TestOptions<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
  F extends UserFields = UserFields,
> extends Options<R, S, F> {
  /** The moment at which the clock starts, in seconds since 1970. Default 2030-01-01T00:00:00Z. */
  readonly now?: number
}

/** An instance in memory, and what a test moves and reads of it. */
export interface TestInstance<
  U = User,
  Right extends string = string,
  A extends object = Attributes,
> extends AsyncDisposable,
    FeatureTesting {
  /** A whole instance, on SQLite in memory. Its passwords are hashed at the lowest cost. */
  readonly auth: Watchword<U, Right, A>
  /** The only time that the instance knows. */
  readonly clock: TestClock
  /** What the instance has logged, in order; nothing is written to standard error. */
  readonly log: readonly LogEntry[]
  /**
   * Signs a user in without a password. The headers authenticate a request if the scheme `bearer` is used.
   *
   * @param user a user, or a username
   * @throws AuthError `user_not_found`: a misspelt name creates no user
   */
  readonly as: SignInAs
  /** Makes the store fail. */
  readonly faults: Faults
}

/**
 * Creates an instance for one test. It reads no environment variables, shares nothing with other instances, and its data
 * is gone when it is closed: `await using`, or `auth.close()`.
 *
 * @throws AuthError `invalid_config`, as `watchword()` does
 */
export function testInstance<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
  const F extends UserFields = UserFields,
>({
  now,
  ...options
}: TestOptions<R, S, F> = {}): TestInstance<
  UserOf<S, AttributesOf<F>>,
  RightsOf<R>,
  AttributesOf<F>
> {
  const clock = testClock(now)
  const log: LogEntry[] = []
  const faults = faultSwitches()
  const ofFeatures = FEATURE_LIST.flatMap((feature) => feature.testing?.(options) ?? [])
  const settings = parseSettings(
    {
      ...options,
      ...IN_PROCESS,
      ...Object.assign({}, ...ofFeatures.map((each) => each.options)),
      counts: options.counts === 'store' ? 'store' : 'memory',
      clock: clock.now,
      log: (entry: LogEntry) => log.push(entry),
    },
    {},
  )
  const instance = lazily(() =>
    openInstance(settings, {
      encodings: CHEAP_PASSWORDS,
      openStore: async () => openInMemory(faults.isFailing),
    }),
  )
  const openCore = async () => (await instance.open()).core
  const auth = watchwordOf<UserOf<S, AttributesOf<F>>, RightsOf<R>, AttributesOf<F>>(
    settings,
    instance,
  )
  return {
    // `features.ts` derives the type from the same functions.
    ...(Object.assign(
      {},
      ...ofFeatures.map(({ members }) => members(openCore)),
    ) as FeatureTesting),
    auth,
    clock,
    log,
    as: signingInAs(settings.tokens, instance.open),
    faults,
    [Symbol.asyncDispose]: () => auth.close(),
  }
}

const IN_PROCESS = { database: 'sqlite::memory:', redis: undefined } as const

function openInMemory(isFailing: FaultSwitches['isFailing']) {
  const store = sqliteStore({ file: IN_MEMORY, extensions: STORE_EXTENSIONS })
  return { store: withFaults(store, isFailing), file: IN_MEMORY }
}
