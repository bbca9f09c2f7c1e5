import { configError } from './errors.ts'
import { nearest } from './nearest.ts'

/**
 * Refuses misspelt options, which would otherwise mean the default without a word.
 *
 * @param known the name of every option
 * @param written how an option is written, for messages: `session({ origins })`
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
  const close = nearest(unknown, names)
  const advice =
    close === undefined
      ? `The options are ${names.join(', ')}.`
      : `Did you mean "${written(close)}"?`
  throw configError(`There is no option "${written(unknown)}". ${advice}`)
}

/** Writes an option as an argument of a function: `session({ origins })`. */
export const argumentOf =
  (name: string) =>
  (option: string): string =>
    `${name}({ ${option} })`
