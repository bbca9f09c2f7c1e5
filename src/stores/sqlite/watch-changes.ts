import { milliseconds } from '../../base/clock.ts'
import type { Listener } from '../../sessions/watch.ts'
import type { Connection } from './connection.ts'

/** The polling interval: a poll takes a few microseconds, and revocation is promised within a second. */
const INTERVAL = milliseconds(200)

/**
 * Polls for commits by other processes. SQLite counts the commits of other connections, so that the connection that makes all
 * commits of this process is asked. If the count cannot be read, anything may have changed.
 */
export function watchChanges(
  connection: () => Connection | undefined,
  { changed, upToDate }: Listener,
): { stop(): void } {
  let seen: number | undefined
  const poll = (): void => {
    const writing = connection()
    if (writing === undefined) return
    const version = writing.othersVersion()
    if (version === undefined || version !== seen) changed({ kind: 'anything' })
    seen = version
    if (version !== undefined) upToDate()
  }
  const timer = setInterval(poll, INTERVAL)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
