import { execFileSync } from 'node:child_process'
import { availableParallelism, setPriority } from 'node:os'

/** How the programs of a bench are scheduled. */
export interface Pinned {
  /** For the table. */
  readonly how: string
  undo(): void
}

/**
 * Schedules this process, and those that it starts until `undo`, on one core and in batches: the load sends a request on each
 * connection before the server answers the first, in each round alike. Other programs of the machine get little of that core if this
 * one may take precedence.
 */
export function pinToOneCore(): Pinned {
  const last = availableParallelism() - 1
  const missing = [
    attempt('taskset', '--all-tasks', '--pid', '--cpu-list', `${last}`, pid),
    attempt('chrt', '--all-tasks', '--batch', '--pid', '0', pid),
  ].filter((command) => command !== undefined)
  const first = takePrecedence(-20) ? ', before other programs' : ''
  return {
    how:
      missing.length === 0
        ? `server and load share one core (SCHED_BATCH${first})`
        : `not pinned to a core, because ${missing.join(' and ')} failed`,
    undo() {
      takePrecedence(0)
      attempt('chrt', '--all-tasks', '--other', '--pid', '0', pid)
      attempt('taskset', '--all-tasks', '--pid', '--cpu-list', `0-${last}`, pid)
    },
  }
}

const pid = String(process.pid)

/** @returns the command if it failed or is missing */
function attempt(command: string, ...args: readonly string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return undefined
  } catch {
    return command
  }
}

/** Needs privileges. */
function takePrecedence(priority: number): boolean {
  try {
    setPriority(priority)
    return true
  } catch {
    return false
  }
}
