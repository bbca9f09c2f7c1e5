import { Refusal } from '../base/refusal.ts'
import { ENDPOINT_NAMES, type EndpointName, type Handler, type Options } from '../options.ts'

export interface Mounted {
  readonly path: string
  readonly handle: Handler | undefined
}

/** Where each is, below `path`, when nothing else is said. */
const DEFAULT_PATHS = {
  obtain: '/',
  refresh: '/refresh/',
  verify: '/verify/',
  blacklist: '/blacklist/',
  slidingObtain: '/sliding/',
  slidingRefresh: '/sliding/refresh/',
} as const satisfies Record<EndpointName, string>

/** What an instance can do, and so which endpoints it has by default. */
export interface Abilities {
  readonly sessions: boolean
  /** Without a key that signs, tokens come from elsewhere and are only checked here. */
  readonly signs: boolean
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
    const path = elsewhere ?? base.replace(/\/$/, '') + DEFAULT_PATHS[endpoint]
    const other = taken.get(path.replace(/\/$/, ''))
    if (other !== undefined) throw refused(`endpoints.${endpoint} and endpoints.${other} cannot have one path.`)
    taken.set(path.replace(/\/$/, ''), endpoint)
    mounted[endpoint] = { path, handle }
  }
  return mounted
}

const isSigning = (endpoint: EndpointName): boolean => endpoint !== 'verify' && endpoint !== 'blacklist'

function isByDefault(endpoint: EndpointName, { sessions, signs }: Abilities): boolean {
  if (endpoint === 'blacklist') return sessions
  return !endpoint.startsWith('sliding') && (signs || !isSigning(endpoint))
}

function refuseImpossible(endpoint: EndpointName, { sessions, signs }: Abilities): void {
  if (endpoint === 'blacklist' && !sessions) {
    throw refused('endpoints.blacklist needs tokens.sessions: without a store signing out would do nothing.')
  }
  if (isSigning(endpoint) && !signs) {
    throw refused(`endpoints.${endpoint} issues tokens, and that needs tokens.signingKey.`)
  }
}

const refused = (sentence: string): Refusal => new Refusal('config_refused', sentence)
