import * as z from 'zod/mini'
import { days, minutes, type Seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, section, withDefault } from '../../schema/shapes.ts'

/** The option `console`. */
export interface ConsoleOptions {
  /**
   * How long ago a sign-in may be, so that it opens the console; after that it asks for another.
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

const members = section<ConsoleOptions>()({
  fresh: withDefault(duration(minutes(1), days(30)), DEFAULT_FRESH),
})

const MESSAGE = 'must be true, false or { fresh }'

export const consoleOptions: z.ZodMiniType<
  ConsoleSettings | undefined,
  boolean | ConsoleOptions | undefined
> = z.pipe(
  z.union([z.optional(z.boolean()), members], MESSAGE),
  z.transform((option) => {
    if (option === true) return { fresh: DEFAULT_FRESH }
    return option === false ? undefined : option
  }),
)
