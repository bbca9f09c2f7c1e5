import { readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'

/**
 * How willingly the threads that hash let others go first, from 0 to 19 (`man 2 setpriority`). Where the processors are all
 * busy they get a tenth of what the event loop gets, and all that it leaves. At 15 other requests were answered hardly sooner,
 * and beside programs that keep all processors busy there were half as many sign-ins.
 */
const NICENESS = 10

/** Where Linux tells of this process's threads. */
const THREADS = '/proc/self/task'

/**
 * Has passwords hashed when nobody else needs the processors, so that many sign-ins at once hold up no other request. For a
 * process that serves: files and names of hosts are looked up on the same threads. Elsewhere than on Linux it does nothing.
 */
export async function lowerHashPriority(): Promise<void> {
  try {
    // The threads are made when they get their first work.
    await stat(THREADS)
    for (const thread of readdirSync(THREADS))
      if (isOfThePool(thread)) setPriority(Number(thread), NICENESS)
  } catch {
    // There is no such folder, or it may not be done here: hashes take their share as before.
  }
}

const isOfThePool = (thread: string): boolean =>
  readFileSync(`${THREADS}/${thread}/comm`, 'utf8').startsWith('libuv-worker')
