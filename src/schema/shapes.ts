import { z } from 'zod'
import { days, type Seconds } from '../base/clock.ts'
import { secondsOf } from '../base/duration.ts'

/** The longest duration that an option takes. */
export const YEAR = days(366)

/** A length of time from `min` to `max`, both included. */
export const duration = (min: Seconds, max: Seconds) =>
  z.unknown().transform((value, context): Seconds => {
    const length = secondsOf(value)
    if (length !== undefined && length >= min && length <= max) return length
    const message =
      length === undefined
        ? 'must be a duration such as "5m", "12h" or "30d", or a number of seconds'
        : `must be from ${min} to ${max} seconds`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

export const functionOf = <F>(message = 'must be a function') =>
  z.custom<F>((value) => typeof value === 'function', message)

/** A name on the wire, such as that of a claim. */
export const name = z.string().min(1, 'must not be empty: leave it out for the default')

export const absolutePath = z
  .string()
  .regex(/^\/[\w.~/-]*$/, 'must be a path such as "/api/token"')
  // Clients resolve these segments (RFC 3986 §5.2.4): the path would never be requested.
  .refine(
    (path) => !path.split('/').some((segment) => segment === '.' || segment === '..'),
    'must be a path without "." and ".." segments, such as "/api/token"',
  )

/** A token of HTTP (RFC 9110 §5.6.2), such as the name of a header. */
export const httpToken = (message: string) =>
  z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, message)

/**
 * A section of the options.
 *
 * @typeParam Input the interface with the documentation of each option; `satisfies Record<keyof Input, …>` keeps the schema
 *   and the interface equal
 */
export const section =
  <Input>() =>
  <Schema extends z.ZodType>(schema: Schema) =>
    schema as unknown as z.ZodType<z.output<Schema>, Input | undefined>
