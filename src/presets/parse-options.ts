import type * as z from 'zod/mini'
import { configError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { messageFor } from '../schema/message.ts'

export interface PresetOptions<Schema extends z.ZodMiniObject> {
  /** The function that takes them, such as `knox`. */
  readonly preset: string
  readonly schema: Schema
  /** The other system's settings, and what to do instead: `Use knox({ ttl }) instead.` */
  readonly theirs: Readonly<Record<string, string>>
}

/**
 * Parses the options of a preset.
 *
 * @throws AuthError `invalid_config`: its message names the option as `knox({ ttl })`, what was expected and what to write
 */
export function parsePresetOptions<Schema extends z.ZodMiniObject>(
  { preset, schema, theirs }: PresetOptions<Schema>,
  options: unknown,
): z.output<Schema> {
  const written = argumentOf(preset)
  refuseNamesOfTheirs(options, theirs, written)
  const parsed = schema.safeParse(options, { error: messageFor, jitless: true })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue === undefined || issue.path.length + (isUnknown(issue) ? 1 : 0) === 0)
    throw configError(`The options of ${preset}() must be an object.`)
  if (isUnknown(issue) && issue.path.length === 0)
    refuseUnknownOptions(options as object, namesOf(schema) as never, written)
  throw configError(`${written(issue.path.join('.'))} ${issue.message}.`)
}

const isUnknown = ({ code }: z.core.$ZodIssue): boolean => code === 'unrecognized_keys'

const namesOf = ({ shape }: z.ZodMiniObject): Readonly<Record<string, true>> =>
  Object.fromEntries(Object.keys(shape).map((name) => [name, true]))

function refuseNamesOfTheirs(
  options: unknown,
  theirs: Readonly<Record<string, string>>,
  written: (name: string) => string,
): void {
  if (typeof options !== 'object' || options === null) return
  const name = Object.keys(options).find((each) => Object.hasOwn(theirs, each))
  if (name === undefined) return
  throw configError(`There is no option "${written(name)}". ${theirs[name]}`)
}
