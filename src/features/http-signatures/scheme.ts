import type {
  Authentication,
  DescribeSecurity,
  Scheme,
} from '../../authentication/scheme.ts'
import { lazy } from '../../base/lazy.ts'
import type { User } from '../../users/user.ts'
import { type SignedSchemeDeps, signedScheme } from '../signing-keys/signed-scheme.ts'
import { type HttpSignatureOptions, parseOptions } from './options.ts'

/**
 * Requests that are signed (HTTP Message Signatures, RFC 9421), by keys of `auth.signingKeys`. The key is read at each request, so
 * revoking it or deactivating its owner takes effect at once.
 *
 * The body of a request is read, and its digest compared: mount the guard before a middleware that parses bodies, or let that keep the
 * bytes in `request.rawBody`.
 *
 * @throws AuthError `invalid_config` if an option cannot be used, or the instance has no `url`
 */
export function httpSignature(options: HttpSignatureOptions = {}): Scheme<User> {
  const settings = parseOptions(options)
  const create = (deps: SignedSchemeDeps): Authentication => ({
    name: 'httpSignature',
    challenge: 'Signature realm="api"',
    identify(request) {
      const isSigned = ['signature-input', 'signature'].some(
        (name) => request.header(name) !== undefined,
      )
      if (!isSigned) return undefined
      // Loaded by the first signed request.
      return signedRequests().then(({ identify }) => identify(request, settings, deps))
    },
  })
  const scheme = signedScheme('httpSignature', create, security)
  return Object.assign(scheme, { madeBy: httpSignature })
}

/** Their code. */
const signedRequests = lazy(() => import('./signed-request.ts'))

const security: DescribeSecurity = () => [
  {
    name: 'httpSignature',
    scheme: {
      type: 'apiKey',
      in: 'header',
      name: 'Signature',
      description: 'HTTP Message Signatures (RFC 9421), with `Signature-Input`.',
    },
  },
]
