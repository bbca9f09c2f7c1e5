import { setTimeout as sleep } from 'node:timers/promises'
import { seconds, systemClock, type UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type { RefreshClaims } from '../../src/sessions/rotate.ts'
import type { RevokeReason, SessionId } from '../../src/sessions/session.ts'
import {
  openSessionManager,
  type SessionManager,
  type SessionSettings,
} from '../../src/sessions/session-manager.ts'
import type { Limit } from '../../src/throttling/rate.ts'
import { sabotaged } from '../reliability/sabotage.ts'
import { storeAt } from '../reliability/store.ts'
import { aSession, vitor } from './setup.ts'

export interface WorkerOptions {
  readonly database: string
  readonly terms: SessionSettings
  /** The name of a fault to inject. */
  readonly sabotage: string | undefined
  /** Seconds that the clock of this process is ahead. */
  readonly clockSkew: number
}

/** One of several processes on a database. `processes.ts` starts it, and calls its functions over IPC. */
const { database, terms, sabotage, clockSkew } = JSON.parse(
  process.argv[2] ?? '{}',
) as WorkerOptions
const rightNow = Date.now
Date.now = () => rightNow() + clockSkew * 1000
const store = sabotaged(await storeAt(database), sabotage)
const reused: SessionId[] = []
let now: UnixSeconds | undefined
let manager: SessionManager | undefined

const clock = (): UnixSeconds => now ?? (store.time?.now ?? systemClock)()

async function openedManager(): Promise<SessionManager> {
  manager ??= await openSessionManager(terms, {
    sessions: store.ports.sessions,
    watch: store.watch,
    clock,
    random: systemRandom,
    reused: ({ id }) => reused.push(id),
    feedDisconnected: () => {},
    feedReconnected: () => {},
  })
  return manager
}

/** Blocks until a moment of the wall clock, in milliseconds, at which all processes start. */
function barrier(at: number): void {
  while (rightNow() < at) {
    // Sleeping would scatter the processes over milliseconds.
  }
}

const verbs = {
  /** Opens the store. @returns the code and message of the error, if any */
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
  /** Opens all connections: opening them during a test can take longer than the limit of a request. */
  async ready(): Promise<void> {
    const open = await openedManager()
    const find = () => open.find('nobody' as SessionId).then(undefined, () => 'refused')
    while ((await Promise.all(Array.from({ length: 16 }, find))).includes('refused'))
      await sleep(100)
  },
  setClock(moment: number | undefined): void {
    now = moment as UnixSeconds | undefined
  },
  async rotate(presented: RefreshClaims) {
    return (await openedManager()).rotate(presented, clock())
  },
  async race(presented: RefreshClaims, callers: number, at: number) {
    const open = await openedManager()
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
    const open = await openedManager()
    barrier(at)
    return open.revoke(id, reason, clock())
  },
  async find(id: SessionId) {
    return (await openedManager()).find(id)
  },
  /** Concurrent hits on a key. @returns how many were counted, and the waits of the others */
  async hits(
    key: string,
    limit: Limit,
    hits: number,
    at: number,
  ): Promise<{ counted: number; waits: number[] }> {
    await openedManager()
    barrier(at)
    const all = await Promise.all(
      Array.from({ length: hits }, () => store.ports.hits.hit(key, limit, clock())),
    )
    const waits = all.flatMap((each) => (each.kind === 'full' ? [each.wait] : []))
    return { counted: hits - waits.length, waits }
  },
  async isRevoked(id: SessionId): Promise<boolean> {
    return (await openedManager()).isRevoked(id, seconds(1))
  },
  reusedSessions(): readonly SessionId[] {
    return reused
  },
  /** Writers that each rotate their own session for a while. @returns the number of rotations, and the errors */
  async write(
    writers: number,
    milliseconds: number,
  ): Promise<{ done: number; failed: string[] }> {
    const open = await openedManager()
    const until = performance.now() + milliseconds
    const failed: string[] = []
    let done = 0
    const one = async (): Promise<void> => {
      const session = aSession(hexId(systemRandom), {
        userId: vitor.id,
        createdAt: clock(),
      })
      await open.open(session)
      let token: RefreshClaims = { id: session.id, generation: 0, jti: session.jti }
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
  async ({ id, verb, args }: { id: number; verb: keyof Verbs; args: never[] }) => {
    try {
      const does = verbs[verb] as (...args: never[]) => unknown
      process.send!({ id, answer: await does(...args) })
    } catch (error) {
      process.send!({ id, error: String(error) })
    }
  },
)
process.on('disconnect', () => process.exit())
