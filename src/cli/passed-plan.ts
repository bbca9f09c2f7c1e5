import type { CommandContext } from '../command/context.ts'
import type { ServePlan } from './serve-plan.ts'
import { version } from './version.ts'

/**
 * The variables that pass a plan to a worker, so that it need not read the command line again. Not an argument: the list of
 * processes would show the passwords in it. `bin/watchword.js` reads its name, too.
 */
export const passedPlan = (plan: ServePlan) => ({
  WATCHWORD_PLAN: JSON.stringify({ version, plan }),
})

/** @returns `undefined` if none was passed, or by another version, as after an update and a reload */
export function planIn({
  WATCHWORD_PLAN: text,
}: CommandContext['env']): ServePlan | undefined {
  const passed = JSON.parse(text ?? '{}') as {
    readonly version?: string
    readonly plan?: ServePlan
  }
  if (passed.version !== version) return undefined
  return passed.plan
}
