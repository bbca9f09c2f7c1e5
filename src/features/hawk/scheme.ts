import type {
  Authentication,
  DescribeSecurity,
  Scheme,
} from '../../authentication/scheme.ts'
import { lazy } from '../../base/lazy.ts'
import { isHawkHeader } from '../../hawk/attributes.ts'
import { hasBewit } from '../../hawk/bewit.ts'
import { hostAndPort } from '../../hawk/normalized-string.ts'
import type { User } from '../../users/user.ts'
import { type SignedSchemeDeps, signedScheme } from '../signing-keys/signed-scheme.ts'
import { type HawkOptions, parseOptions } from './options.ts'

/**
 * Requests that are signed as Hawk does it, by keys of `auth.signingKeys` with the algorithm `hawk-sha256`. The key is read at each
 * request, so revoking it or deactivating its owner takes effect at once.
 *
 * The body of a request is read and hashed: mount the guard before a middleware that parses bodies, or let that keep the bytes in
 * `request.rawBody`.
 *
 * @throws AuthError `invalid_config` if an option cannot be used, or the instance has no `url`
 */
export function hawk(options: HawkOptions = {}): Scheme<User> {
  const settings = parseOptions(options)
  const create = (deps: SignedSchemeDeps): Authentication => {
    const own = { ...deps, place: hostAndPort(deps.url) }
    return {
      name: 'hawk',
      challenge: 'Hawk',
      identify(request) {
        const takesBewit = settings.bewit !== undefined && hasBewit(request.url)
        const header = request.header('authorization')
        if (!takesBewit && (header === undefined || !isHawkHeader(header)))
          return undefined
        // Loaded by the first signed request.
        return signedRequests().then(({ identify }) =>
          identify(request, { takesBewit, header }, settings, own),
        )
      },
    }
  }
  return Object.assign(signedScheme('hawk', create, security), { madeBy: hawk })
}

/** Their code. */
const signedRequests = lazy(() => import('./signed-request.ts'))

const security: DescribeSecurity = () => [
  {
    name: 'hawk',
    scheme: {
      type: 'http',
      scheme: 'hawk',
      description: 'Hawk: each request is signed with a shared key.',
    },
  },
]
