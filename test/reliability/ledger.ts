import { randomInt } from 'node:crypto'
import type { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { ADA } from '../server/process.ts'
import { clientsOf, type Said } from './clients.ts'

/** What a server has answered of a session. */
interface Entry {
  /** The newest refresh token. */
  token: Said
  /** `ending`: it was asked to end, and did not answer. */
  state: 'live' | 'ending' | 'ended'
}

interface Port {
  readonly port: number
}

/** Clients that keep what they were answered, over crashes of whoever answered it. */
export class Ledger {
  readonly #clients: ReturnType<typeof clientsOf>
  readonly #entries = new Map<string, Entry>()
  /** The session that each client has in hand. */
  readonly #hands: (Entry | undefined)[]
  readonly answered = { signIns: 0, refreshes: 0, signOuts: 0 }
  /** Refusals of clients that did nothing wrong. */
  refused = 0
  /** Requests that came to nothing: no answer, or 503. */
  unanswered = 0

  constructor(clients: number, agent: Agent) {
    this.#clients = clientsOf(agent)
    this.#hands = Array.from({ length: clients })
  }

  get size(): number {
    return this.#entries.size
  }

  /** All clients at once, until it is over. One that gets no answer asks again. */
  async work(at: () => Port, isOver: () => boolean): Promise<void> {
    const client = async (i: number): Promise<void> => {
      while (!isOver()) {
        const isAnswered = await this.#step(i, at()).catch(() => false)
        if (isAnswered) continue
        this.unanswered += 1
        await sleep(20)
      }
    }
    await Promise.all(this.#hands.map((_, i) => client(i)))
  }

  /** @returns whether there was an answer */
  async #step(i: number, at: Port): Promise<boolean> {
    const mine = this.#hands[i]
    if (mine === undefined) return this.#enter(i, at)
    return randomInt(25) === 0 ? this.#leave(i, mine, at) : this.#refresh(i, mine, at)
  }

  async #enter(i: number, at: Port): Promise<boolean> {
    const { answer } = await this.#clients.signIn(at, ADA.username, ADA.password)
    if ('status' in answer) return false
    const entry: Entry = { token: answer.refresh, state: 'live' }
    this.#entries.set(answer.refresh.session, entry)
    this.#hands[i] = entry
    this.answered.signIns += 1
    return true
  }

  async #leave(i: number, mine: Entry, at: Port): Promise<boolean> {
    mine.state = 'ending'
    this.#hands[i] = undefined
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
    this.#hands[i] = undefined
    return true
  }

  /** @returns how many of the answers a store does not know of */
  async lostIn({ ports: { sessions } }: InstanceStore): Promise<number> {
    let lost = 0
    for (const [id, { token, state }] of this.#entries) {
      const row = (await sessions.find(id as SessionId))?.session
      const isThere = row !== undefined && row.generation >= token.generation
      const isSame = row?.generation !== token.generation || row.jti === token.jti
      const isEnded = state !== 'ended' || row?.endReason === 'logout'
      if (!isThere || !isSame || !isEnded) lost += 1
    }
    return lost
  }
}
