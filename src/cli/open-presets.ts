import type { Scheme } from '../authentication/scheme.ts'
import { basic } from '../authentication.ts'
import { configError } from '../base/errors.ts'
import * as all from '../presets/index.ts'
import type { User } from '../users/user.ts'
import type { PresetName, PresetPlan } from './presets-option.ts'

/** What a preset adds to the options of the server. */
interface OpenPreset {
  readonly preset: all.Preset
  readonly schemes?: readonly Scheme<User>[]
  readonly endpoints?: Readonly<Record<string, boolean>>
}

export interface OpenPresets {
  readonly presets: readonly all.Preset[]
  /** Read before those of the server. */
  readonly schemes: readonly Scheme<User>[]
  readonly endpoints: Readonly<Record<string, boolean>>
}

/** Makes the presets of a server. @throws AuthError `invalid_config` */
export function openPresets(plan: PresetPlan): OpenPresets {
  const opened = (Object.keys(plan) as PresetName[]).map((name) =>
    OPENED[name]((plan[name] ?? {}) as Given),
  )
  return {
    presets: opened.map(({ preset }) => preset),
    schemes: opened.flatMap(({ schemes = [] }) => schemes),
    endpoints: Object.assign({}, ...opened.map(({ endpoints }) => endpoints)),
  }
}

/** The presets check their options themselves. */
type Given = Readonly<Record<string, unknown>>

/** Each preset by the name of its function: one may be missing in a build without a feature that it needs. */
const MADE_BY = all as unknown as Readonly<
  Record<string, ((options: Given) => all.Preset) | undefined>
>

function made(name: string, options: Given): all.Preset {
  const make = MADE_BY[name]
  if (make === undefined) throw configError(`This build has no preset ${name}().`)
  return make(options)
}

const withScheme = (preset: all.Preset): OpenPreset => ({
  preset,
  ...(preset.scheme && { schemes: [preset.scheme] }),
})

const OPENED: Readonly<Record<PresetName, (options: Given) => OpenPreset>> = {
  djoser(options) {
    const { prefix = '/auth' } = options
    const preset = made('djoser', options)
    if (prefix !== '/auth') return { preset }
    // Both have one at this path.
    return { preset, endpoints: { signUp: false } }
  },
  knox(options) {
    // No user has a first token: a password gets it, in the body or as Basic credentials.
    const byBasic = options.credentials !== 'body' && { authentication: [basic()] }
    return withScheme(made('knox', { ...byBasic, ...options }))
  },
  'dj-rest-auth'(options) {
    const preset = made('djRestAuth', options)
    // Without cookies, bearer() does what its scheme does.
    if (options.cookie === undefined) return { preset }
    return withScheme(preset)
  },
  passwordless(options) {
    const preset = made('passwordless', options)
    if (options.demoUsers !== undefined && options.demoUsersInProduction !== true)
      throw configError(
        'passwordless({ demoUsers }) accepts codes that never change, and "watchword start" is for production: leave demoUsers out, or add "demoUsersInProduction": true.',
      )
    return { preset }
  },
}
