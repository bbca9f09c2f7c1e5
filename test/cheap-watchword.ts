import type { Scheme } from '../src/authentication/scheme.ts'
import type { InstanceStore } from '../src/features.ts'
import { openInstance } from '../src/instance/instance.ts'
import { lazily } from '../src/instance/lazy-instance.ts'
import type { RightsOf, Roles } from '../src/permissions/rights.ts'
import type { Options } from '../src/settings/options.ts'
import { parseSettings } from '../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../src/testing/cheap-passwords.ts'
import type { User } from '../src/users/user.ts'
import { type UserOf, type Watchword, watchwordOf } from '../src/watchword.ts'

/** The options, and a store that the test has made. */
export type CheapOptions<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
> = Options<R, S> & { readonly store?: InstanceStore | undefined }

/** `watchword()` with passwords hashed at the lowest cost: for tests with a database of their own, which `testInstance` replaces. */
export function cheapWatchword<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
>({ store, ...options }: CheapOptions<R, S>): Watchword<UserOf<S>, RightsOf<R>> {
  const settings = parseSettings({ log: () => {}, ...options }, {})
  const open = () =>
    openInstance(settings, {
      encodings: CHEAP_PASSWORDS,
      ...(store && { openStore: async () => ({ store }) }),
    })
  return watchwordOf(settings, lazily(open))
}
