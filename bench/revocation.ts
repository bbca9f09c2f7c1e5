import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { days, minutes, seconds, systemClock } from '../src/base/clock.ts'
import { hexId, systemRandom } from '../src/base/random.ts'
import type { InstanceStore } from '../src/features.ts'
import { openStore } from '../src/instance/open-store.ts'
import { RevokedSet } from '../src/sessions/revoked-set.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { openSessionManager } from '../src/sessions/session-manager.ts'
import { parseSettings } from '../src/settings/settings.ts'
import { aDatabase } from '../test/services/postgres.ts'
import { inFolder } from './child.ts'
import {
  type Contestant,
  collectGarbage,
  type Finding,
  measure,
  spreadOf,
} from './measure.ts'

/** The cost of revocation: a check, an entry, and the time until another process knows. */
export const revocation = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    yield* checks()
    yield { ...(await propagation('SQLite', join(folder, 'watchword.db'))), leftOut: [] }
    const postgres = await aDatabase()
    if (typeof postgres === 'string') {
      yield {
        ...NOTHING,
        asks: 'From the end of a session on PostgreSQL',
        leftOut: [`PostgreSQL: ${postgres}`],
      }
      return
    }
    yield await propagation('PostgreSQL', postgres.url)
    await postgres.drop()
  })

const NOTHING: Finding = {
  asks: '',
  unit: '',
  rounds: 0,
  stats: [],
  quotients: [],
  leftOut: [],
}

const SIZES = [1e5, 1e6, 1e7]

/** Checks per turn, each of a live session, as nearly all are. */
const CHECKS = 200_000

interface Held {
  /** An entry. */
  readonly bytes: number
  /** Drops half of the entries. @returns the milliseconds of a step */
  forget(): number
  has(id: string): boolean
}

async function* checks(): AsyncGenerator<Finding> {
  const ids = Array.from({ length: CHECKS }, () => hexId(systemRandom))
  const sets = SIZES.map((size) => ({
    name: `set of ${size.toLocaleString('en')}`,
    size,
    set: filledSet(size),
  }))
  const maps = SIZES.filter((size) => size < 1e7).map((size) => ({
    name: `Map of ${size.toLocaleString('en')}`,
    size,
    set: filledMap(size),
  }))
  const all = [...sets, ...maps]
  yield await measure({
    asks: 'Whether a session has ended that has not',
    unit: 'ns of processor time a check',
    rounds: 15,
    contestants: all.map(
      ({ name, set }): Contestant => ({ name, run: () => nanoseconds(ids, set) }),
    ),
    bars: maps.map(({ name, size }) => ({
      of: `set of ${size.toLocaleString('en')}`,
      to: name,
    })),
    leftOut: ['a Map of 10,000,000: it takes more than a gigabyte'],
  })
  yield {
    ...NOTHING,
    asks: 'What an ended session takes in memory',
    unit: 'bytes',
    rounds: 1,
    stats: all.map(({ name, set }) => ({ name, ...spreadOf([set.bytes]) })),
  }
  yield {
    ...NOTHING,
    asks: 'Dropping the half of the set that was added early',
    unit: 'ms of processor time',
    rounds: 1,
    stats: sets.map(({ name, set }) => ({ name, ...spreadOf([set.forget()]) })),
  }
}

function nanoseconds(ids: readonly string[], { has }: Held): number {
  let found = 0
  const took = used(() => {
    for (const id of ids) if (has(id)) found++
  })
  if (found > 0) throw new Error('a live session was found in the set')
  return (took * 1e6) / ids.length
}

function filledSet(size: number): Held {
  const before = resident()
  const set = new RevokedSet()
  const fill = (): void => {
    for (let i = 0; i < size / 2; i++) set.add(hexId(systemRandom))
  }
  fill()
  set.age()
  fill()
  const bytes = (resident() - before) / set.size
  return { bytes, forget: () => used(() => set.age()), has: (id) => set.has(id) }
}

function filledMap(size: number): Held {
  const before = resident()
  const map = new Map<string, number>()
  for (let i = 0; i < size; i++) map.set(hexId(systemRandom), performance.now())
  return {
    bytes: (resident() - before) / size,
    forget: () => 0,
    has: (id) => map.has(id),
  }
}

/** Processor time of this thread, in milliseconds. */
function used(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/** Bytes in use after garbage collection. */
function resident(): number {
  // Memory that the first collection frees is returned in the background, before the second.
  for (let i = 0; i < 2; i++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Revoked sessions, one about every so many milliseconds. */
const ENDS = 500
const EVERY = 40

/** From the response to a revocation until a process with its own connection to the database knows. */
async function propagation(kind: string, database: string): Promise<Finding> {
  const [here, there] = [await storeAt(database), await storeAt(database)]
  const now = (here.time?.now ?? systemClock)()
  const book = await openSessionManager(TERMS, {
    sessions: there.ports.sessions,
    watch: there.watch,
    clock: there.time?.now ?? systemClock,
    random: systemRandom,
    reused: () => {},
    feedDisconnected: (reason) => console.error(reason),
    feedReconnected: () => {},
  })
  try {
    const waits: Promise<number>[] = []
    for (let i = 0; i < ENDS; i++) {
      const id = hexId(systemRandom) as SessionId
      await here.ports.sessions.adopt({
        ...{ id, userId: undefined, jti: id, epoch: 0, createdAt: now },
        ...{
          expiresAt: (now + days(1)) as typeof now,
          idleExpiresAt: (now + days(1)) as typeof now,
        },
      })
      await here.ports.sessions.revoke(id, 'logout', (here.time?.now ?? systemClock)())
      waits.push(learned(() => book.isRevoked(id, seconds(1)) === true))
      await sleep(2 * EVERY * Math.random())
    }
    const took = (await Promise.all(waits)).sort((a, b) => a - b)
    const at = (part: number): number => took[Math.ceil(part * took.length) - 1]!
    return {
      ...NOTHING,
      asks: `From the end of a session on ${kind} to its refusal by another process, ${ENDS} of them`,
      unit: 'ms',
      rounds: 1,
      stats: [
        { name: 'median', ...spreadOf([at(0.5)]) },
        { name: '99th percentile', ...spreadOf([at(0.99)]) },
        { name: 'longest', ...spreadOf([at(1)]) },
      ],
    }
  } finally {
    book.close()
    await Promise.all([here.close(), there.close()])
  }
}

const TERMS = {
  idle: days(1),
  leeway: seconds(0),
  overlap: seconds(10),
  lostAnswer: seconds(0),
  reuse: 'revoke',
  require: { user: false, active: false, epoch: false },
  window: minutes(5),
  maxAge: seconds(30),
} as const

async function storeAt(database: string): Promise<InstanceStore> {
  const { store } = await openStore(parseSettings({ database }, {}))
  await store.migrate()
  return store
}

async function learned(knows: () => boolean): Promise<number> {
  const began = performance.now()
  while (!knows()) {
    if (performance.now() - began > 10_000)
      throw new Error('the other process did not learn of a revocation')
    await sleep(1)
  }
  return performance.now() - began
}
