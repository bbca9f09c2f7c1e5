import type { LibrarySchemeDeps } from '../../authentication/scheme.ts'
import { configError } from '../../base/errors.ts'
import type { Core } from '../core.ts'

/** An instance passes fewer parts to its schemes than to its features. Both have the same function `ports`. */
const CORES = new WeakMap<object, Core>()

/** Lets schemes of this instance sign users in with providers. */
export const keepCore = (core: Core): void => void CORES.set(core.ports, core)

/** @throws AuthError `invalid_config` if the option `social` is off */
export function coreOfScheme({ ports }: Pick<LibrarySchemeDeps, 'ports'>): Core {
  const core = CORES.get(ports)
  if (core !== undefined) return core
  throw configError(
    'The scheme of socialOAuth2() needs the option social: set it to { google: { clientId, clientSecret } }.',
  )
}
