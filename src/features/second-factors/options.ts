import * as z from 'zod/mini'
import { minutes, type Seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import {
  duration,
  name,
  switchedSection,
  withDefault,
  YEAR,
} from '../../schema/shapes.ts'
import type { SectionReader } from '../core.ts'

/** The option `secondFactors`. */
export interface SecondFactorOptions {
  /**
   * The name that authenticator apps show.
   *
   * @default "watchword"
   */
  readonly issuer?: string
  /**
   * Roles whose users need a second factor; `"staff"` and `"superuser"` are the flags. A user without one adds it while signing in.
   *
   * @default []
   */
  readonly required?: readonly string[]
  /**
   * How long a device is remembered on which the user asks for it (`remember_device`): its sign-ins need no second factor. 1 minute to
   * 1 year. `false`: never.
   *
   * @default false
   */
  readonly rememberDevice?: Duration | false
  /**
   * What ends when a factor is added or removed: `"others"`: all sessions but the one that does it, and the tokens of other sign-ins;
   * `"none"`. Remembered devices are forgotten in any case.
   *
   * @default "others"
   */
  readonly changeRevokes?: 'others' | 'none'
}

/** The option `secondFactors`, parsed; `undefined` if it is off. */
export interface SecondFactorSettings {
  readonly issuer: string
  readonly required: readonly string[]
  /** `undefined`: never. */
  readonly rememberDevice: Seconds | undefined
  readonly changeRevokes: 'others' | 'none'
}

const members = () => ({
  issuer: withDefault(name, 'watchword'),
  required: withDefault(z.array(name), []),
  rememberDevice: z.pipe(
    withDefault(z.union([z.literal(false), duration(minutes(1), YEAR)]), false),
    z.transform((value) => (value === false ? undefined : value)),
  ),
  changeRevokes: withDefault(z.enum(['others', 'none']), 'others'),
})

export const secondFactorOptions = switchedSection<SecondFactorOptions>()(
  members,
  'must be true, false or { issuer, required, rememberDevice, changeRevokes }',
)

/** Whether the option `secondFactors` is on. */
export const hasSecondFactors = (section: SectionReader): boolean =>
  section(secondFactorOptions) !== undefined

/** Whether devices are remembered. */
export const remembersDevices = (section: SectionReader): boolean =>
  section(secondFactorOptions)?.rememberDevice !== undefined
