import { Refusal } from '../base/errors.ts'
import { ENDPOINT_NAMES, type EndpointName, type Handler, type Options } from '../options.ts'

export interface Mounted {
  readonly path: string
  readonly handle: Handler | undefined
}

/** Where each is when nothing else is said: below `path`, or where it is whatever that says. */
const DEFAULT_PATHS: Readonly<Record<EndpointName, { readonly below: string } | { readonly at: string }>> = {
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
export interface Abilities {
  readonly sessions: boolean
  /** Without a key that signs, tokens come from elsewhere and are only checked here. */
  readonly signs: boolean
  /** The endpoints that the instance's schemes bring. */
  readonly brought: readonly string[]
}

/** The endpoints that are mounted. @throws Refusal `config_refused` where two share a path, or one could never answer */
export function mountedEndpoints(
  base: string,
  given: NonNullable<Options['endpoints']>,
  abilities: Abilities,
): Partial<Record<EndpointName, Mounted>> {
  const mounted: Partial<Record<EndpointName, Mounted>> = {}
  const taken = new Map<string, EndpointName>()
  for (const endpoint of ENDPOINT_NAMES) {
    const wish = given[endpoint] ?? isByDefault(endpoint, abilities)
    if (wish === false) continue
    refuseImpossible(endpoint, abilities)
    const { path: elsewhere, handle } =
      typeof wish === 'object' ? wish : { path: typeof wish === 'string' ? wish : undefined }
    if (endpoint === 'revocations' && handle !== undefined) {
      throw refused('endpoints.revocations takes no handler: it answers what has ended, and no fields.')
    }
    const path = elsewhere ?? defaultPath(endpoint, base)
    const other = taken.get(path.replace(/\/$/, ''))
    if (other !== undefined) throw refused(`endpoints.${endpoint} and endpoints.${other} cannot have one path.`)
    taken.set(path.replace(/\/$/, ''), endpoint)
    mounted[endpoint] = { path, handle }
  }
  return mounted
}

const SIGNING: readonly EndpointName[] = ['obtain', 'refresh', 'slidingObtain', 'slidingRefresh']
const isSigning = (endpoint: EndpointName): boolean => SIGNING.includes(endpoint)

function isByDefault(endpoint: EndpointName, { sessions, signs, brought }: Abilities): boolean {
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

function refuseImpossible(endpoint: EndpointName, { sessions, signs, brought }: Abilities): void {
  if (endpoint === 'login' || endpoint === 'logout') {
    if (!brought.includes(endpoint)) {
      throw refused(`endpoints.${endpoint} is for browsers: put session() into authentication.`)
    }
    if (!sessions) throw refused('session() needs tokens.sessions: without a store nobody stays signed in.')
  }
  if (endpoint === 'blacklist' && !sessions) {
    throw refused('endpoints.blacklist needs tokens.sessions: without a store signing out would do nothing.')
  }
  if (endpoint === 'revocations' && !sessions) {
    throw refused('endpoints.revocations needs tokens.sessions: without a store nothing ends before it expires.')
  }
  if (isSigning(endpoint) && !signs) {
    throw refused(`endpoints.${endpoint} issues tokens, and that needs tokens.signingKey.`)
  }
}

const refused = (sentence: string): Refusal => new Refusal('config_refused', sentence)
