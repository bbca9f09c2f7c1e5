import { configError } from './errors.ts'
import { nearest } from './nearest.ts'
import { ifDefined } from './optional.ts'

/**
 * Rejects misspelt options, which would otherwise silently have the default.
 *
 * @param known the name of every option
 * @param written formats the name of an option for messages: `session({ origins })`
 * @throws AuthError `invalid_config`
 */
export function refuseUnknownOptions<Options extends object>(
  options: Options | undefined,
  known: Readonly<Record<keyof Options & string, true>>,
  written: (name: string) => string,
): void {
  const names = Object.keys(known)
  const unknown = Object.keys(options ?? {}).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  const close = ifDefined(nearest(unknown, names), written)
  throw configError(`There is no option "${written(unknown)}". ${adviceOf(close, names)}`)
}

function adviceOf(close: string | undefined, names: readonly string[]): string {
  if (close === undefined) return `The options are ${names.join(', ')}.`
  return `Did you mean "${close}"?`
}

/** Writes an option as an argument of a function: `session({ origins })`. */
export const argumentOf =
  (name: string) =>
  (option: string): string =>
    `${name}({ ${option} })`
