import * as z from 'zod/mini'
import { days, type Seconds, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, switchedSection, withDefault } from '../../schema/shapes.ts'
import type { SectionReader } from '../core.ts'

/** The option `signingKeys`. */
export interface SigningKeyOptions {
  /**
   * How many keys a user may have. Keys that programs and operators create are counted, and not limited.
   *
   * @default 20
   */
  readonly perUser?: number
  /**
   * How long a key that is replaced stays valid, if the call does not say. 0 to 90 days.
   *
   * @default "1d"
   */
  readonly overlap?: Duration
}

/** The option `signingKeys`, parsed; `undefined` if it is off. */
export interface SigningKeySettings {
  readonly perUser: number
  readonly overlap: Seconds
}

export const LONGEST_OVERLAP = days(90)
const DEFAULT_OVERLAP = days(1)
const DEFAULT_PER_USER = 20

const members = () => ({
  perUser: withDefault(z.int().check(z.minimum(1), z.maximum(1000)), DEFAULT_PER_USER),
  overlap: withDefault(duration(seconds(0), LONGEST_OVERLAP), DEFAULT_OVERLAP),
})

export const signingKeyOptions: z.ZodMiniType<
  SigningKeySettings | undefined,
  boolean | SigningKeyOptions | undefined
> = switchedSection<SigningKeyOptions>()(
  members,
  'must be true, false or { perUser, overlap }',
)

/** The settings; the defaults if the option is off: programs and operators have keys without the pages, too. */
export const signingKeySettings = (section: SectionReader): SigningKeySettings =>
  section(signingKeyOptions) ?? { perUser: DEFAULT_PER_USER, overlap: DEFAULT_OVERLAP }

export const hasSigningKeys = (section: SectionReader): boolean =>
  section(signingKeyOptions) !== undefined
