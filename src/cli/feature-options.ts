import type { OptionTable } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import type { StartOptions } from '../command/start-options.ts'
import { accountStart } from '../features/accounts/start-options.ts'
import { consoleStart } from '../features/console/start-options.ts'
import { mailStart } from '../features/mail/start-options.ts'
import { pagesStart } from '../features/pages/start-options.ts'
import type { Options } from '../settings/options.ts'

/**
 * What features add to `start`. Not a member of `features.ts`: a supervisor reads the command line for its workers, and would load
 * every feature with it.
 */
const FEATURE_OPTIONS: readonly StartOptions<OptionTable, Partial<Options>>[] = [
  accountStart,
  consoleStart,
  mailStart,
  pagesStart,
]

/** Their options of the command line. */
export const OF_FEATURES: OptionTable = Object.assign(
  {},
  ...FEATURE_OPTIONS.map(({ options }) => options),
)

/** The options of the instance that follow. @throws UsageError */
export const featureOptionsOf = (
  values: object,
  context: CommandContext,
): Partial<Options> =>
  Object.assign({}, ...FEATURE_OPTIONS.map((each) => each.read(values as never, context)))
