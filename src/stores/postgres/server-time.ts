import { type SqlBool, sql } from 'kysely'
import {
  after,
  type Milliseconds,
  type Seconds,
  seconds,
  systemClock,
  toMilliseconds,
  toSeconds,
  type UnixSeconds,
} from '../../base/clock.ts'
import { monotonicSeconds } from '../../base/monotonic.ts'
import type { Deadline } from '../session-swap.ts'
import type { StoreTime } from '../store.ts'
import { ANSWER_TIMEOUT } from './address.ts'

/** The server's time, in SQL. */
export const NOW = 'extract(epoch from clock_timestamp())::float8'

/** The server's time, in seconds since 1970. */
export const TIME_QUERY = { name: 'watchword_time', text: `select ${NOW} as now` }

/** The client of a server that hangs has given up by then. */
export const answerDeadline = (time: StoreTime): Deadline => ({
  next: () => after(time.now(), toSeconds(ANSWER_TIMEOUT)),
  isAhead: (until) => sql<SqlBool>`${sql.raw(NOW)} < ${until}`,
})

/**
 * The server's clock, read from time to time and continued by the monotonic clock. The server read its clock at some moment
 * between the query and its answer, which bounds the offset from both sides; the offset moves only as far as the bounds require.
 */
export class ServerTime implements StoreTime {
  /** The server's clock minus the monotonic clock. */
  #offset: number | undefined

  /** @param ask the server for its time. @returns when it was asked, by the monotonic clock */
  async measure(ask: () => Promise<number>): Promise<Milliseconds> {
    const asked = monotonicSeconds()
    const server = await ask()
    const [least, most] = [server - monotonicSeconds(), server - asked]
    this.#offset = Math.min(Math.max(this.#offset ?? (least + most) / 2, least), most)
    return toMilliseconds(asked)
  }

  readonly now = (): UnixSeconds => {
    if (this.#offset === undefined) return systemClock()
    return (monotonicSeconds() + this.#offset) as UnixSeconds
  }

  ahead(): Seconds {
    return seconds(systemClock() - this.now())
  }
}
