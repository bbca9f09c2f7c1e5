import { randomInt } from 'node:crypto'
import type { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { ADA } from '../server/process.ts'
import { clientsOf, type RefreshToken } from './clients.ts'

/** What the server has answered about a session. */
interface Entry {
  /** The newest refresh token. */
  token: RefreshToken
  /** `ending`: sign-out requested, not answered. */
  state: 'live' | 'ending' | 'ended'
}

interface Port {
  readonly port: number
}

/** Clients that record what they were answered, across crashes of the server. */
export class Ledger {
  readonly #clients: ReturnType<typeof clientsOf>
  readonly #entries = new Map<string, Entry>()
  /** The current session of each client. */
  readonly #current: (Entry | undefined)[]
  readonly answered = { signIns: 0, refreshes: 0, signOuts: 0 }
  /** Rejections of clients that did nothing wrong. */
  refused = 0
  /** Requests without result: no answer, or 503. */
  unanswered = 0

  constructor(clients: number, agent: Agent) {
    this.#clients = clientsOf(agent)
    this.#current = Array.from({ length: clients })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Runs all clients until the end. A client without an answer retries. */
  async work(at: () => Port, isOver: () => boolean): Promise<void> {
    const client = async (i: number): Promise<void> => {
      while (!isOver()) {
        const isAnswered = await this.#step(i, at()).catch(() => false)
        if (isAnswered) continue
        this.unanswered += 1
        await sleep(20)
      }
    }
    await Promise.all(this.#current.map((_, i) => client(i)))
  }

  /** @returns whether there was an answer */
  async #step(i: number, at: Port): Promise<boolean> {
    const mine = this.#current[i]
    if (mine === undefined) return this.#enter(i, at)
    return randomInt(25) === 0 ? this.#leave(i, mine, at) : this.#refresh(i, mine, at)
  }

  async #enter(i: number, at: Port): Promise<boolean> {
    const { answer } = await this.#clients.signIn(at, ADA.username, ADA.password)
    if ('status' in answer) return false
    const entry: Entry = { token: answer.refresh, state: 'live' }
    this.#entries.set(answer.refresh.session, entry)
    this.#current[i] = entry
    this.answered.signIns += 1
    return true
  }

  async #leave(i: number, mine: Entry, at: Port): Promise<boolean> {
    mine.state = 'ending'
    this.#current[i] = undefined
    const { answer } = await this.#clients.signOut(at, mine.token)
    if (answer !== true) return false
    mine.state = 'ended'
    this.answered.signOuts += 1
    return true
  }

  async #refresh(i: number, mine: Entry, at: Port): Promise<boolean> {
    const { answer, pair } = await this.#clients.refresh(at, mine.token)
    if (pair !== undefined) {
      mine.token = pair.refresh
      this.answered.refreshes += 1
      return true
    }
    if (answer.kind === 'other' && answer.status === 503) return false
    this.refused += 1
    this.#current[i] = undefined
    return true
  }

  /** @returns how many of the answers are missing in the store */
  async lostIn({ ports: { sessions } }: InstanceStore): Promise<number> {
    let lost = 0
    for (const [id, { token, state }] of this.#entries) {
      const row = (await sessions.find(id as SessionId))?.session
      const isThere = row !== undefined && row.generation >= token.generation
      const isSame = row?.generation !== token.generation || row.jti === token.jti
      const isEnded = state !== 'ended' || row?.revokeReason === 'logout'
      if (!isThere || !isSame || !isEnded) lost += 1
    }
    return lost
  }
}
