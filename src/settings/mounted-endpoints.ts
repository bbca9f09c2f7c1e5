import type { Scheme } from '../authentication/scheme.ts'
import { configError } from '../base/errors.ts'
import type { SectionReader } from '../features/core.ts'
import type {
  DefaultPath,
  EndpointDefinition,
  Feature,
  FeatureEndpoint,
  Need,
} from '../features/define-feature.ts'
import { type EndpointName, FEATURE_LIST } from '../features.ts'
import type { Preset } from '../presets/define-preset.ts'
import type {
  EndpointHandler,
  EndpointOption,
  EndpointOptions,
} from './endpoint-options.ts'
import { needsSignInPages } from './sign-in-pages.ts'

export interface MountedEndpoint {
  /** Of a feature's, its name in the option `endpoints`; of a preset's, the preset's and its own: `knox.login`. */
  readonly name: string
  /** What its path comes from, for messages: `endpoints.obtain`. */
  readonly source: string
  readonly path: string
  /** The name of its preset, if it belongs to one. */
  readonly preset: string | undefined
  readonly endpoint: EndpointDefinition
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
  readonly presets: readonly Preset[]
  readonly section: SectionReader
}

/** @throws AuthError `invalid_config` if two endpoints have the same path, or one lacks what it needs */
export function mountedEndpoints(settings: MountSettings): readonly MountedEndpoint[] {
  const mounted = [
    ...FEATURE_LIST.flatMap((feature) => mountedOf(feature, settings)),
    ...FEATURE_LIST.flatMap((feature) => mountedPages(feature, settings)),
    ...settings.presets.flatMap((preset) => mountedOfPreset(preset, settings)),
  ]
  const sources = new Map<string, string>()
  for (const { source, path } of mounted) {
    const bare = path.replace(/\/$/, '')
    const other = sources.get(bare)
    if (other !== undefined)
      throw configError(
        `${source} and ${other} have the same path, "${path}": change one of them.`,
      )
    sources.set(bare, source)
  }
  return mounted
}

function mountedOf(
  feature: Feature,
  settings: MountSettings,
): readonly MountedEndpoint[] {
  const has: Has = {
    sessions: settings.sessions,
    signing: settings.signs,
    scheme: settings.authentication.some((scheme) => isOf(feature, scheme)),
  }
  return Object.entries(feature.endpoints ?? {}).flatMap(([name, endpoint]) => {
    const option =
      settings.endpoints[name as EndpointName] ?? isMounted(endpoint, has, settings)
    if (option === false) return []
    const missing = missingNeed(endpoint, has)
    if (missing !== undefined) throw configError(missing)
    const { path = defaultPath(endpoint.path, settings.path), handle } = parsed(option)
    if (handle !== undefined && endpoint.noHandler !== undefined)
      throw configError(endpoint.noHandler)
    const source = `endpoints.${name}`
    return [{ name, source, path, preset: undefined, endpoint, handle }]
  })
}

/** @throws AuthError `invalid_config` if one lacks what it needs */
function mountedPages(
  { pages }: Feature,
  { section, sessions, signs }: MountSettings,
): readonly MountedEndpoint[] {
  const has: Has = { sessions, signing: signs, scheme: false }
  return (pages?.(section, needsSignInPages(section)) ?? []).map((page) => {
    const missing = missingNeed(page, has)
    if (missing !== undefined) throw configError(missing)
    const { name, path } = page
    const mounted = { preset: undefined, endpoint: page, handle: undefined }
    return { name, source: name, path, ...mounted }
  })
}

/** The endpoints of a preset: it is listed for all of them. */
function mountedOfPreset(
  preset: Preset,
  { sessions, signs }: MountSettings,
): readonly MountedEndpoint[] {
  const has: Has = { sessions, signing: signs, scheme: preset.scheme !== undefined }
  return Object.entries(preset.endpoints).map(([name, endpoint]) => {
    const missing = missingNeed(endpoint, has)
    if (missing !== undefined) throw configError(missing)
    const source = `presets: [${preset.name}({ prefix: "${preset.prefix}" })]`
    const { prefix = preset.prefix } = endpoint
    const path = prefix.replace(/\/$/, '') + endpoint.path
    return {
      name: `${preset.name}.${name}`,
      source,
      path,
      preset: preset.name,
      endpoint,
      handle: undefined,
    }
  })
}

type Has = Readonly<Record<Need, boolean>>

const isOf = ({ schemes = [] }: Feature, { madeBy }: Scheme<unknown>): boolean =>
  madeBy !== undefined && schemes.includes(madeBy)

function isMounted(
  endpoint: FeatureEndpoint,
  has: Has,
  { section }: Pick<MountSettings, 'section'>,
): boolean {
  if (typeof endpoint.mount === 'function')
    return endpoint.mount(section) && missingNeed(endpoint, has) === undefined
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
const missingNeed = ({ needs = {} }: EndpointDefinition, has: Has): string | undefined =>
  Object.entries(needs).find(([need]) => !has[need as Need])?.[1]

function parsed(option: Exclude<EndpointOption, false>): {
  readonly path?: string
  readonly handle?: EndpointHandler | undefined
} {
  if (typeof option === 'string') return { path: option }
  if (typeof option !== 'object') return {}
  return option
}

function defaultPath(path: DefaultPath, base: string): string {
  if ('at' in path) return path.at
  return base.replace(/\/$/, '') + path.below
}
