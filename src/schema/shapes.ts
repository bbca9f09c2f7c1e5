import * as z from 'zod/mini'
import { days, type Seconds } from '../base/clock.ts'
import { secondsOf } from '../base/duration.ts'
import { once } from '../base/lazy.ts'
import { messageFor } from './message.ts'

/** The longest duration that an option takes. */
export const YEAR = days(366)

/** An option that may be left out. */
export const withDefault = z._default

/**
 * What a function makes of a value of any type.
 *
 * @param parse returns `reject(message)` for a value that is not valid
 */
export const parsedBy = <Output>(
  parse: (value: unknown, reject: (message: string) => never) => Output,
) =>
  z.transform(
    (value: unknown, payload): Output =>
      parse(value, (message) => {
        payload.issues.push({ code: 'custom', message, input: value })
        return z.NEVER
      }),
  )

/** A length of time from `min` to `max`, both included. */
export const duration = (min: Seconds, max: Seconds) =>
  parsedBy((value, reject): Seconds => {
    const length = secondsOf(value)
    if (length === undefined)
      return reject(
        'must be a duration such as "5m", "12h" or "30d", or a number of seconds',
      )
    if (length < min || length > max)
      return reject(`must be from ${min} to ${max} seconds`)
    return length
  })

/** From `min` to `max`, both included. */
export const wholeNumber = (min: number, max: number) =>
  z.int().check(z.minimum(min), z.maximum(max))

export const nonEmptyList = <Item extends z.core.SomeType>(item: Item) =>
  z.array(item).check(z.minLength(1))

/** A value, or a list of at least one. */
export const oneOrMore = <Item extends z.core.SomeType>(item: Item, message?: string) =>
  z.union([item, nonEmptyList(item)], message)

export const functionOf = <F>(message = 'must be a function') =>
  z.custom<F>((value) => typeof value === 'function', message)

/** A name on the wire, such as that of a claim. */
export const name = z
  .string()
  .check(z.minLength(1, 'must not be empty: leave it out for the default'))

export const absolutePath = z.string().check(
  z.regex(/^\/[\w.~/-]*$/, 'must be a path such as "/api/token"'),
  // Clients resolve these segments (RFC 3986 §5.2.4): the path would never be requested.
  z.refine(
    (path) => !path.split('/').some((segment) => segment === '.' || segment === '..'),
    'must be a path without "." and ".." segments, such as "/api/token"',
  ),
)

/** A token of HTTP (RFC 9110 §5.6.2), such as the name of a header. */
export const httpToken = (message: string) =>
  z.string().check(z.regex(/^[!#$%&'*+.^_`|~\w-]+$/, message))

/**
 * An option of a feature.
 *
 * @typeParam Input its documented type
 */
export const option =
  <Input>() =>
  <Schema extends z.ZodMiniType>(schema: Schema) =>
    schema as unknown as z.ZodMiniType<z.output<Schema>, Input | undefined>

/**
 * A section of the options, which may be left out if all in it may.
 *
 * @typeParam Input the interface with the documentation of each option; `satisfies Record<keyof Input, …>` keeps the schema
 *   and the interface equal
 */
export const section =
  <Input>() =>
  <Shape extends z.core.$ZodShape>(shape: Shape) => {
    const schema = z.strictObject(shape)
    // TypeScript does not know that all in a generic shape may be left out.
    const prefaulted = z.prefault(schema as z.ZodMiniType, {})
    return option<Input>()(prefaulted as z.ZodMiniType<z.output<typeof schema>>)
  }

/** The schemas of `whenGiven`, by what stands for them. */
const MADE_LATER = new WeakMap<object, () => z.ZodMiniType>()

/** The schema itself, also if it is made only when its option is given. */
export const madeSchema = <Schema extends object>(
  schema: Schema,
): Schema | z.ZodMiniType => MADE_LATER.get(schema)?.() ?? schema

/**
 * An option that is off if it is left out. Its schema is made with its first value: a start without it does not pay for it.
 *
 * @typeParam Input its documented type
 */
export const whenGiven =
  <Input>() =>
  <Output>(make: () => z.ZodMiniType<Output>) => {
    const made = once(make)
    const parsed = z.transform((value: unknown, payload): Output => {
      const result = made().safeParse(value, { error: messageFor, jitless: true })
      if (result.success) return result.data
      for (const issue of result.error.issues)
        payload.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue)
      return z.NEVER
    })
    const schema = z.optional(parsed)
    MADE_LATER.set(schema, made)
    return schema as unknown as z.ZodMiniType<Output | undefined, Input | undefined>
  }

/**
 * A section that is off if it is left out: `true` is an object without members.
 *
 * @typeParam Input the interface with the documentation of each option
 * @param shape makes the members
 */
export const switchedSection =
  <Input>() =>
  <Shape extends z.core.$ZodShape>(shape: () => Shape, message?: string) =>
    whenGiven<boolean | Input>()(() => {
      const members = z.strictObject(shape())
      return z.pipe(
        z.union([z.boolean(), members], message),
        z.transform((value): z.output<typeof members> | undefined => {
          if (value === true) return members.parse({}, { jitless: true })
          return value === false ? undefined : value
        }),
      ) as z.ZodMiniType<z.output<typeof members> | undefined>
    })
