import type { Scheme } from '../authentication/scheme.ts'
import { configError } from '../base/errors.ts'
import type {
  DefaultPath,
  Feature,
  FeatureEndpoint,
  Need,
} from '../features/define-feature.ts'
import { type EndpointName, FEATURE_LIST } from '../features.ts'
import type {
  EndpointHandler,
  EndpointOption,
  EndpointOptions,
} from './endpoint-options.ts'

export interface MountedEndpoint {
  readonly name: string
  readonly path: string
  readonly endpoint: FeatureEndpoint
  /** The handler of the option `endpoints`, in place of the endpoint's own or around it. */
  readonly handle: EndpointHandler | undefined
}

/** What decides which endpoints an instance has. */
export interface MountSettings {
  /** The option `path`. */
  readonly path: string
  readonly endpoints: EndpointOptions
  /** Whether there is a store of sessions. */
  readonly sessions: boolean
  /** Whether there is a key that signs; without one, tokens come from elsewhere. */
  readonly signs: boolean
  readonly authentication: readonly Scheme<unknown>[]
}

/** @throws AuthError `invalid_config` if two endpoints have the same path, or one lacks what it needs */
export function mountedEndpoints(settings: MountSettings): readonly MountedEndpoint[] {
  const mounted = FEATURE_LIST.flatMap((feature) => mountedOf(feature, settings))
  const names = new Map<string, string>()
  for (const { name, path } of mounted) {
    const bare = path.replace(/\/$/, '')
    const other = names.get(bare)
    if (other !== undefined)
      throw configError(
        `endpoints.${name} and endpoints.${other} have the same path, "${path}": change one of them.`,
      )
    names.set(bare, name)
  }
  return mounted
}

function mountedOf(
  feature: Feature,
  settings: MountSettings,
): readonly MountedEndpoint[] {
  const has: Readonly<Record<Need, boolean>> = {
    sessions: settings.sessions,
    signing: settings.signs,
    scheme: settings.authentication.some((scheme) => isOf(feature, scheme)),
  }
  return Object.entries(feature.endpoints ?? {}).flatMap(([name, endpoint]) => {
    const option = settings.endpoints[name as EndpointName] ?? isMounted(endpoint, has)
    if (option === false) return []
    const missing = missingNeed(endpoint, has)
    if (missing !== undefined) throw configError(missing)
    const { path = defaultPath(endpoint.path, settings.path), handle } = parsed(option)
    if (handle !== undefined && endpoint.noHandler !== undefined)
      throw configError(endpoint.noHandler)
    return [{ name, path, endpoint, handle }]
  })
}

const isOf = ({ schemes = [] }: Feature, { madeBy }: Scheme<unknown>): boolean =>
  madeBy !== undefined && schemes.includes(madeBy)

function isMounted(
  endpoint: FeatureEndpoint,
  has: Readonly<Record<Need, boolean>>,
): boolean {
  switch (endpoint.mount) {
    case 'always':
      return true
    case 'by default':
      return missingNeed(endpoint, has) === undefined
    case 'with scheme':
      return has.scheme
    case 'on request':
      return false
  }
}

/** Why an endpoint cannot be mounted. */
const missingNeed = (
  { needs = {} }: FeatureEndpoint,
  has: Readonly<Record<Need, boolean>>,
): string | undefined => Object.entries(needs).find(([need]) => !has[need as Need])?.[1]

function parsed(option: Exclude<EndpointOption, false>): {
  readonly path?: string
  readonly handle?: EndpointHandler | undefined
} {
  if (typeof option === 'string') return { path: option }
  return typeof option === 'object' ? option : {}
}

const defaultPath = (path: DefaultPath, base: string): string =>
  'at' in path ? path.at : base.replace(/\/$/, '') + path.below
