import { readdirSync, readFileSync, stat } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'
import { promisify } from 'node:util'

/**
 * How much nicer than the process the hashing threads are (`man 2 setpriority`). On busy processors they get a tenth of the event loop's
 * share, and otherwise all that it leaves. Measured at 15: other requests were hardly faster, and beside programs that
 * keep all processors busy there were half as many sign-ins.
 */
const NICENESS = 10

/** Linux lists this process's threads here. */
const THREADS = '/proc/self/task'

/**
 * Lowers the priority of the threads that hash passwords, so that many concurrent sign-ins do not delay other requests.
 * For server processes: file access and DNS lookups run on the same threads. Does nothing on systems other than Linux.
 */
export async function lowerHashPriority(): Promise<void> {
  try {
    // libuv creates its threads with their first work. Loading node:fs/promises would take longer than all the rest.
    await promisify(stat)(THREADS)
    const niceness = Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW)
    for (const thread of readdirSync(THREADS))
      if (isPoolThread(thread)) setPriority(Number(thread), niceness)
  } catch {
    // Not Linux, or not permitted: the threads keep their priority.
  }
}

const isPoolThread = (thread: string): boolean =>
  readFileSync(`${THREADS}/${thread}/comm`, 'utf8').startsWith('libuv-worker')
