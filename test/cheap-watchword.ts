import type { Scheme } from '../src/authentication/scheme.ts'
import { openInstance } from '../src/instance/instance.ts'
import { lazily } from '../src/instance/lazy-instance.ts'
import type { RightsOf, Roles } from '../src/permissions/rights.ts'
import type { Options } from '../src/settings/options.ts'
import { parseSettings } from '../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../src/testing/cheap-passwords.ts'
import type { User } from '../src/users/user.ts'
import { type UserOf, type Watchword, watchwordOf } from '../src/watchword.ts'

/** `watchword()` with passwords hashed at the lowest cost: for tests with a database of their own, which `testInstance` replaces. */
export function cheapWatchword<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
>(options: Options<R, S>): Watchword<UserOf<S>, RightsOf<R>> {
  const settings = parseSettings({ log: () => {}, ...options }, {})
  const open = () => openInstance(settings, { encodings: CHEAP_PASSWORDS })
  return watchwordOf(settings, lazily(open))
}
