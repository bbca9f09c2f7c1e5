import type { Scheme } from '../authentication/scheme.ts'
import type { EndpointDefinition } from '../features/define-feature.ts'
import type { User } from '../users/user.ts'

/**
 * Another system's endpoints: its paths, fields, statuses and messages over the verbs of features. A function such as `knox()` makes
 * it, and the option `presets` lists it. An instance may have several, also of one kind, below different prefixes.
 */
export interface Preset {
  /** Such as `knox`, for messages. */
  readonly name: string
  /** What the paths of its endpoints begin with, such as `/knox`. */
  readonly prefix: string
  readonly endpoints: Readonly<Record<string, PresetEndpoint>>
  /** The scheme of its tokens, for the option `authentication`. */
  readonly scheme?: Scheme<User>
}

export interface PresetEndpoint extends EndpointDefinition {
  /** Below the prefix, such as `/login/`. */
  readonly path: `/${string}`
  /** In place of the preset's. */
  readonly prefix?: string
}

/** Registered: a bundler may put a preset and the instance into files with a copy of this module each. */
const BRAND = Symbol.for('watchword.preset')

export const definePreset = <const P extends Preset>(preset: P): P =>
  Object.freeze(Object.assign(preset, { [BRAND]: true }))

export const isPreset = (value: unknown): value is Preset =>
  typeof value === 'object' && value !== null && BRAND in value

export const definePresetEndpoint = <const E extends PresetEndpoint>(endpoint: E): E =>
  endpoint
