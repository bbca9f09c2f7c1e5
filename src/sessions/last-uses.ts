import { type Clock, minutes, type Seconds, type UnixSeconds } from '../base/clock.ts'
import type { SessionId, SessionUse } from './session.ts'

/** How many sessions are kept between two writes: about 20 MB. The uses of more are not recorded. */
const LIMIT = 100_000

/** Rows of one statement. */
const BATCH = 500

export interface LastUsesDeps {
  readonly clock: Clock
  readonly recordUses: (uses: readonly SessionUse[]) => Promise<void>
  readonly interval?: Seconds
}

/**
 * When this process last saw each session in use. Written once a minute, never within a request: it says which device is whose, and
 * nothing depends on it.
 */
export class LastUses {
  readonly #deps: LastUsesDeps
  #uses = new Map<SessionId, UnixSeconds>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(deps: LastUsesDeps) {
    this.#deps = deps
  }

  /** Called for each request with a token of the session. */
  mark(id: SessionId): void {
    if (this.#timer === undefined) this.#schedule()
    if (this.#uses.size < LIMIT || this.#uses.has(id))
      this.#uses.set(id, this.#deps.clock())
  }

  /** The last use that is not written yet. */
  find(id: string): UnixSeconds | undefined {
    return this.#uses.get(id as SessionId)
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#write()
  }

  #schedule(): void {
    if (this.#isClosed) return
    const { interval = minutes(1) } = this.#deps
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#write()
    }, interval * 1000).unref()
  }

  /** Never rejects: uses that cannot be written are kept for the next time. */
  async #write(): Promise<void> {
    const uses = [...this.#uses].map(([id, at]) => ({ id, at }))
    this.#uses = new Map()
    for (let i = 0; i < uses.length; i += BATCH) {
      try {
        await this.#deps.recordUses(uses.slice(i, i + BATCH))
      } catch {
        return this.#keep(uses.slice(i))
      }
    }
  }

  #keep(uses: readonly SessionUse[]): void {
    for (const { id, at } of uses) if (!this.#uses.has(id)) this.#uses.set(id, at)
    if (this.#uses.size > 0 && this.#timer === undefined) this.#schedule()
  }
}
