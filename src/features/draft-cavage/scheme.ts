import type {
  Authentication,
  DescribeSecurity,
  Scheme,
} from '../../authentication/scheme.ts'
import { lazy } from '../../base/lazy.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { User } from '../../users/user.ts'
import { type SignedSchemeDeps, signedScheme } from '../signing-keys/signed-scheme.ts'
import { type DraftCavageOptions, parseOptions } from './options.ts'

/**
 * Requests that are signed as drafts of HTTP signatures before RFC 9421 say (draft-cavage-http-signatures-12): for clients of drf-httpsig and
 * of older ActivityPub, by keys of `auth.signingKeys`. List it before `httpSignature()`, to which newer clients belong.
 *
 * The body of a request is read, and its digest compared: mount the guard before a middleware that parses bodies, or let that keep the
 * bytes in `request.rawBody`.
 *
 * @throws AuthError `invalid_config` if an option cannot be used, or the instance has no `url`
 */
export function draftCavage(options: DraftCavageOptions = {}): Scheme<User> {
  const settings = parseOptions(options)
  const create = (deps: SignedSchemeDeps): Authentication => ({
    name: 'draftCavage',
    challenge: `Signature realm="api",headers="${settings.headers.join(' ')}"`,
    identify(request) {
      const signature = signatureIn(request)
      if (signature === undefined) return undefined
      // Loaded by the first signed request.
      return signedRequests().then(({ identify }) =>
        identify(signature, request, settings, deps),
      )
    },
  })
  const scheme = signedScheme('draftCavage', create, security)
  return Object.assign(scheme, { madeBy: draftCavage })
}

/** With `Signature-Input`, the header `Signature` is that of RFC 9421. */
function signatureIn(request: AuthRequest): string | undefined {
  const authorization = request.header('authorization') ?? ''
  const carried = AUTHORIZATION.exec(authorization)
  if (carried !== null) return carried[1] ?? ''
  if (request.header('signature-input') !== undefined) return undefined
  return request.header('signature')
}

const AUTHORIZATION = /^signature(?: (.*)|)$/i

/** Their code. */
const signedRequests = lazy(() => import('./signed-request.ts'))

const security: DescribeSecurity = () => [
  {
    name: 'draftCavage',
    scheme: {
      type: 'http',
      scheme: 'Signature',
      description: 'HTTP signatures (draft-cavage-http-signatures-12).',
    },
  },
]
