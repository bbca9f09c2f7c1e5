import { days, minutes, type Seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, switchedSection, withDefault } from '../../schema/shapes.ts'

/** The option `console`. */
export interface ConsoleOptions {
  /**
   * The maximum age of a sign-in. After it, the console asks to sign in again.
   *
   * @default "1h"
   */
  readonly fresh?: Duration
}

/** The option `console`, parsed; `undefined` if it is off. */
export interface ConsoleSettings {
  readonly fresh: Seconds
}

const DEFAULT_FRESH = minutes(60)

export const consoleOptions = switchedSection<ConsoleOptions>()(
  () => ({ fresh: withDefault(duration(minutes(1), days(30)), DEFAULT_FRESH) }),
  'must be true, false or { fresh }',
)
