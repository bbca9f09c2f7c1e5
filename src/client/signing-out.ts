import type { Call, Caller } from './calls.ts'
import type { Ended } from './kept.ts'
import { later, type Platform } from './platform.ts'
import type { Settings } from './settings.ts'

/** Milliseconds until a sign-out that failed is sent again; later when the page wakes. */
const RETRIES = [1000, 4000, 16_000, 64_000]
const DAY = 86_400_000

/** A sign-out that the server must hear of. */
export interface Unsent {
  readonly out: Ended
  readonly refresh?: string | undefined
  readonly everywhere?: boolean
  tries?: number
}

/** Whether it is worth telling. */
export const isRecent = ({ at }: Ended, now: number): boolean => now - at < DAY

/** Whether no timer sends it again. */
export const isLeft = ({ tries = 0 }: Unsent): boolean => tries > RETRIES.length

/** Asks the server to end a session; again later if it cannot be reached. @param done what follows */
export function tellerOf(
  call: Caller,
  { transport, tokens, accounts }: Settings,
  platform: Platform,
  unsent: Set<Unsent>,
  done: (out: Ended) => unknown,
  failed: () => void,
): (job: Unsent) => Promise<void> {
  return async function tell(job: Unsent): Promise<void> {
    const { out, refresh, everywhere, tries = 0 } = job
    job.tries = tries + 1
    unsent.add(job)
    const ask = (address: string, sent: Call) =>
      call(address, { access: out.access, keepalive: true, ...sent })
    try {
      if (everywhere && !tries) {
        const all = ask(`${accounts}/sessions/`, { method: 'DELETE' })
        if ((await all.catch(() => undefined))?.status !== 204) failed()
      }
      const { status } = await ask(
        transport === 'session' ? `${accounts}/logout/` : `${tokens}/blacklist/`,
        refresh ? { body: { refresh }, access: undefined } : {},
      )
      if (![200, 400, 401].includes(status)) throw status
      unsent.delete(job)
      await done(out)
    } catch {
      const wait = RETRIES[tries]
      if (wait) later(platform, wait, () => unsent.has(job) && void tell(job))
    }
  }
}
