import type { OptionTable, Values } from './command.ts'
import type { CommandContext } from './context.ts'

/**
 * Options of `watchword start` that a feature brings. They stand in a module that loads nothing else of the feature: the process that
 * supervises the workers reads them.
 *
 * @typeParam Sections the options of the instance that follow
 */
export interface StartOptions<O extends OptionTable, Sections extends object> {
  readonly options: O
  /** @throws UsageError */
  read(values: Values<O>, context: CommandContext): Sections
}

/** Defines them; keeps the types of the options. */
export const startOptions = <const O extends OptionTable, Sections extends object>(
  definition: StartOptions<O, Sections>,
): StartOptions<O, Sections> => definition
