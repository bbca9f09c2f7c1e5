import { configError } from '../base/errors.ts'
import {
  ENDPOINT_NAMES,
  type EndpointName,
  type Handler,
  type Options,
} from '../options.ts'

export interface MountedEndpoint {
  readonly path: string
  readonly handle: Handler | undefined
}

/** Where each is when nothing else is said: below `path`, or where it is whatever that says. */
const DEFAULT_PATHS: Readonly<
  Record<EndpointName, { readonly below: string } | { readonly at: string }>
> = {
  obtain: { below: '/' },
  refresh: { below: '/refresh/' },
  verify: { below: '/verify/' },
  blacklist: { below: '/blacklist/' },
  slidingObtain: { below: '/sliding/' },
  slidingRefresh: { below: '/sliding/refresh/' },
  apiToken: { at: '/api-token-auth/' },
  login: { at: '/auth/login/' },
  logout: { at: '/auth/logout/' },
  revocations: { below: '/revocations/' },
}

function defaultPath(endpoint: EndpointName, base: string): string {
  const path = DEFAULT_PATHS[endpoint]
  return 'at' in path ? path.at : base.replace(/\/$/, '') + path.below
}

/** What an instance can do, and so which endpoints it has by default. */
export interface Capabilities {
  readonly sessions: boolean
  /** Without a key that signs, tokens come from elsewhere and are only checked here. */
  readonly signs: boolean
  /** The endpoints that the instance's schemes bring. */
  readonly brought: readonly string[]
}

/** The endpoints that are mounted. @throws AuthError `invalid_config` where two share a path, or one could never answer */
export function mountedEndpoints(
  base: string,
  given: NonNullable<Options['endpoints']>,
  abilities: Capabilities,
): Partial<Record<EndpointName, MountedEndpoint>> {
  const mounted: Partial<Record<EndpointName, MountedEndpoint>> = {}
  const taken = new Map<string, EndpointName>()
  for (const endpoint of ENDPOINT_NAMES) {
    const wish = given[endpoint] ?? isByDefault(endpoint, abilities)
    if (wish === false) continue
    refuseImpossible(endpoint, abilities)
    const { path: elsewhere, handle } =
      typeof wish === 'object'
        ? wish
        : { path: typeof wish === 'string' ? wish : undefined }
    if (endpoint === 'revocations' && handle !== undefined) {
      throw configError(
        'endpoints.revocations takes no handler: it answers what has ended, and no fields.',
      )
    }
    const path = elsewhere ?? defaultPath(endpoint, base)
    const other = taken.get(path.replace(/\/$/, ''))
    if (other !== undefined)
      throw configError(
        `endpoints.${endpoint} and endpoints.${other} cannot have one path.`,
      )
    taken.set(path.replace(/\/$/, ''), endpoint)
    mounted[endpoint] = { path, handle }
  }
  return mounted
}

const SIGNING: readonly EndpointName[] = [
  'obtain',
  'refresh',
  'slidingObtain',
  'slidingRefresh',
]
const isSigning = (endpoint: EndpointName): boolean => SIGNING.includes(endpoint)

function isByDefault(
  endpoint: EndpointName,
  { sessions, signs, brought }: Capabilities,
): boolean {
  switch (endpoint) {
    case 'obtain':
    case 'refresh':
      return signs
    case 'verify':
      return true
    case 'blacklist':
      return sessions
    default:
      return brought.includes(endpoint)
  }
}

function refuseImpossible(
  endpoint: EndpointName,
  { sessions, signs, brought }: Capabilities,
): void {
  if (endpoint === 'login' || endpoint === 'logout') {
    if (!brought.includes(endpoint)) {
      throw configError(
        `endpoints.${endpoint} is for browsers: put session() into authentication.`,
      )
    }
    if (!sessions)
      throw configError(
        'session() needs tokens.sessions: without a store nobody stays signed in.',
      )
  }
  if (endpoint === 'blacklist' && !sessions) {
    throw configError(
      'endpoints.blacklist needs tokens.sessions: without a store signing out would do nothing.',
    )
  }
  if (endpoint === 'revocations' && !sessions) {
    throw configError(
      'endpoints.revocations needs tokens.sessions: without a store nothing ends before it expires.',
    )
  }
  if (isSigning(endpoint) && !signs) {
    throw configError(
      `endpoints.${endpoint} issues tokens, and that needs tokens.signingKey.`,
    )
  }
}
