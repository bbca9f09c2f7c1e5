import { type SqlBool, sql } from 'kysely'
import {
  after,
  type Seconds,
  seconds,
  systemClock,
  type UnixSeconds,
} from '../../base/clock.ts'
import type { Deadline } from '../session-swap.ts'
import type { StoreTime } from '../store.ts'
import { ANSWER } from './address.ts'

/** The server's time, in SQL. */
export const NOW = 'extract(epoch from clock_timestamp())::float8'

/** The server's time, in seconds since 1970. */
export const ASK_TIME = { name: 'watchword_time', text: `select ${NOW} as now` }

/** The client of a server that hung has given up by then. */
export const deadlineBy = (time: StoreTime): Deadline => ({
  next: () => after(time.now(), seconds(ANSWER / 1000)),
  isAhead: (until) => sql<SqlBool>`${sql.raw(NOW)} < ${until}`,
})

const elapsed = (): number => performance.now() / 1000

/**
 * The server's clock, read now and then and carried on by one that is never set. An answer was given at some moment between
 * the question and its arrival: what is held for the difference moves only if it cannot be true any more.
 */
export class ServerTime implements StoreTime {
  /** The server's clock minus ours that is never set. */
  #offset: number | undefined

  /** @param ask gives the server's time. @returns when it was asked, by `performance.now()` */
  async measure(ask: () => Promise<number>): Promise<number> {
    const asked = elapsed()
    const server = await ask()
    const [least, most] = [server - elapsed(), server - asked]
    this.#offset = Math.min(Math.max(this.#offset ?? (least + most) / 2, least), most)
    return asked * 1000
  }

  readonly now = (): UnixSeconds =>
    this.#offset === undefined
      ? systemClock()
      : ((elapsed() + this.#offset) as UnixSeconds)

  ahead(): Seconds {
    return seconds(systemClock() - this.now())
  }
}
