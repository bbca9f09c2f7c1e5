import type { Scheme } from '../src/authentication/scheme.ts'
import type { InstanceStore } from '../src/features.ts'
import { openInstance } from '../src/instance/instance.ts'
import { lazily } from '../src/instance/lazy-instance.ts'
import type { RightsOf, Roles } from '../src/permissions/rights.ts'
import type { Options } from '../src/settings/options.ts'
import { parseSettings } from '../src/settings/settings.ts'
import type { SignInCheck } from '../src/sign-in/complete-sign-in.ts'
import { CHEAP_PASSWORDS } from '../src/testing/cheap-passwords.ts'
import type { User } from '../src/users/user.ts'
import { type UserOf, type Watchword, watchwordOf } from '../src/watchword.ts'

export type BuildOptions<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
> = Options<R, S> & {
  /** A store that the test has opened, instead of the option `database`. */
  readonly store?: InstanceStore | undefined
  /** What may stop a sign-in, as features say it. */
  readonly signInChecks?: readonly SignInCheck[]
  /** Of password hashes. Default: the lowest. */
  readonly passwordCost?: 'lowest' | 'default'
}

/**
 * `watchword()` for tests that need what `testInstance()` replaces: a database or a store of their own, the clock, the log.
 * It reads no environment variables, and logs nothing by default.
 */
export function buildWatchword<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
>({
  store,
  signInChecks = [],
  passwordCost = 'lowest',
  ...options
}: BuildOptions<R, S>): Watchword<UserOf<S>, RightsOf<R>> {
  const settings = parseSettings({ log: () => {}, ...options }, {})
  const open = () =>
    openInstance(settings, {
      ...(passwordCost === 'lowest' && { encodings: CHEAP_PASSWORDS }),
      signInChecks,
      ...(store && { openStore: async () => ({ store }) }),
    })
  return watchwordOf(settings, lazily(open))
}
