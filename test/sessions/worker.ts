import { setTimeout as sleep } from 'node:timers/promises'
import { seconds, systemClock, type UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type { Presented } from '../../src/sessions/rotate.ts'
import type { RevokeReason, SessionId } from '../../src/sessions/session.ts'
import {
  openSessionManager,
  type SessionManager,
  type SessionSettings,
} from '../../src/sessions/session-manager.ts'
import type { Limit } from '../../src/throttling/rate.ts'
import { sabotaged } from '../reliability/sabotage.ts'
import { storeAt } from '../reliability/store.ts'
import { aSession, vitor } from './house.ts'

export interface Wish {
  readonly database: string
  readonly terms: SessionSettings
  /** A fault to be built in, by its name. */
  readonly sabotage: string | undefined
  /** Seconds by which the clock of this machine is wrong. */
  readonly skew: number
}

/** One process of several on one database; `processes.ts` starts it, tells it what to do and hears what came of it. */
const { database, terms, sabotage, skew } = JSON.parse(process.argv[2] ?? '{}') as Wish
const rightNow = Date.now
Date.now = () => rightNow() + skew * 1000
const store = sabotaged(await storeAt(database), sabotage)
const reused: SessionId[] = []
let now: UnixSeconds | undefined
let book: SessionManager | undefined

const clock = (): UnixSeconds => now ?? (store.time?.now ?? systemClock)()

async function theBook(): Promise<SessionManager> {
  book ??= await openSessionManager(terms, {
    sessions: store.ports.sessions,
    watch: store.watch,
    clock,
    random: systemRandom,
    reused: ({ id }) => reused.push(id),
    feedCut: () => {},
    feedBack: () => {},
  })
  return book
}

/** Stands still until the moment that all processes were told, by the wall clock in milliseconds. */
function barrier(at: number): void {
  while (rightNow() < at) {
    // Sleeping would scatter the processes over milliseconds.
  }
}

const verbs = {
  /** What a store says to being opened: nothing, or the refusal's code and sentence. */
  async open(at: number): Promise<{ code: string; message: string } | undefined> {
    barrier(at)
    try {
      await store.migrate()
      return undefined
    } catch (error) {
      return {
        code: error instanceof AuthError ? error.code : 'fault',
        message: String((error as Error).message),
      }
    }
  },
  /** Opens what it takes, every connection included: making them all at once can take longer than anybody waits for one. */
  async ready(): Promise<void> {
    const open = await theBook()
    const find = () => open.find('nobody' as SessionId).then(undefined, () => 'refused')
    while ((await Promise.all(Array.from({ length: 16 }, find))).includes('refused'))
      await sleep(100)
  },
  setClock(moment: number | undefined): void {
    now = moment as UnixSeconds | undefined
  },
  async rotate(presented: Presented) {
    return (await theBook()).rotate(presented, clock())
  },
  async race(presented: Presented, callers: number, at: number) {
    const open = await theBook()
    barrier(at)
    const refused = (error: unknown) =>
      ({ kind: 'refused', error: String(error) }) as const
    return Promise.all(
      Array.from({ length: callers }, () =>
        open.rotate(presented, clock()).catch(refused),
      ),
    )
  },
  async end(id: SessionId, reason: RevokeReason, at: number): Promise<boolean> {
    const open = await theBook()
    barrier(at)
    return open.revoke(id, reason, clock())
  },
  async find(id: SessionId) {
    return (await theBook()).find(id)
  },
  /** So many hits on a key at once. @returns how many of them were counted, and the waits of the others */
  async hits(
    key: string,
    limit: Limit,
    hits: number,
    at: number,
  ): Promise<{ counted: number; waits: number[] }> {
    await theBook()
    barrier(at)
    const all = await Promise.all(
      Array.from({ length: hits }, () => store.ports.hits.hit(key, limit, clock())),
    )
    const waits = all.flatMap((each) => (each.kind === 'full' ? [each.wait] : []))
    return { counted: hits - waits.length, waits }
  },
  async isRevoked(id: SessionId): Promise<boolean> {
    return (await theBook()).isRevoked(id, seconds(1))
  },
  reusedSessions(): readonly SessionId[] {
    return reused
  },
  /** Many writers, each of its own session, for a while. @returns how many writes were answered, and what else came */
  async write(
    writers: number,
    milliseconds: number,
  ): Promise<{ done: number; failed: string[] }> {
    const open = await theBook()
    const until = performance.now() + milliseconds
    const failed: string[] = []
    let done = 0
    const one = async (): Promise<void> => {
      const session = aSession(hexId(systemRandom), {
        userId: vitor.id,
        createdAt: clock(),
      })
      await open.open(session)
      let token: Presented = { id: session.id, generation: 0, jti: session.jti }
      while (performance.now() < until) {
        const outcome = await open.rotate(token, clock())
        if (outcome.kind !== 'rotated') throw new Error(`a rotation was ${outcome.kind}`)
        token = outcome.session
        done += 1
      }
    }
    await Promise.all(
      Array.from({ length: writers }, () =>
        one().catch((error) => failed.push(String(error))),
      ),
    )
    return { done, failed }
  },
}

export type Verbs = typeof verbs

process.on(
  'message',
  async ({ n, verb, args }: { n: number; verb: keyof Verbs; args: never[] }) => {
    try {
      const does = verbs[verb] as (...args: never[]) => unknown
      process.send!({ n, answer: await does(...args) })
    } catch (error) {
      process.send!({ n, error: String(error) })
    }
  },
)
process.on('disconnect', () => process.exit())
