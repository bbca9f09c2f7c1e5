import type { Listener } from '../../sessions/watch.ts'
import type { Connection } from './connection.ts'

/** Milliseconds between two looks: a look takes a few microseconds, and revocation is promised within a second. */
const INTERVAL = 200

/**
 * Calls back after commits of others, which SQLite counts for each connection: the one that all of this process's own
 * commits go through is the one to ask. If it cannot be read, something may have changed.
 */
export function watchChanges(
  connection: () => Connection | undefined,
  { changed, upToDate }: Listener,
): { stop(): void } {
  let seen: number | undefined
  const look = (): void => {
    const asked = connection()
    if (asked === undefined) return
    const version = asked.othersVersion()
    if (version === undefined || version !== seen) changed({ kind: 'anything' })
    seen = version
    if (version !== undefined) upToDate()
  }
  const timer = setInterval(look, INTERVAL)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
