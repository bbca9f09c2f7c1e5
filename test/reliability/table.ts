import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { days, type Seconds, seconds } from '../../src/base/clock.ts'
import type { InstanceStore } from '../../src/features.ts'
import { isGranted } from '../../src/sessions/rotate.ts'
import type { RevokeReason, SessionId } from '../../src/sessions/session.ts'
import {
  openSessionManager,
  type SessionManager,
} from '../../src/sessions/session-manager.ts'
import type { UserId } from '../../src/users/user.ts'
import { aSession, at, NOON, rotatedPart, SETTINGS, vitor } from '../sessions/setup.ts'
import { sabotaged } from './sabotage.ts'
import { storeAt } from './store.ts'
import { exactly, trial } from './trial.ts'

/** How many generations a token is behind its session; −1: ahead. */
const BEHIND = [-1, 0, 1, 2, 3] as const
/** Seconds since the last refresh. Below 0: the clock was set back. */
const AGES = [0, 9.9, 10, 10.1, 3600, -4, -6] as const
const USERS = ['active', 'inactive', 'epoch', 'deleted'] as const
const OVERLAPS = [0, 10] as const
const LOST_ANSWERS = [0, 300] as const
/** How long before the last refresh the previous token was first spent, if that refresh found a lost answer. */
const SPENT = [0, 290] as const
const BOTH = [false, true] as const

interface Cell {
  readonly behind: (typeof BEHIND)[number]
  readonly age: (typeof AGES)[number]
  readonly revoked: boolean
  readonly expired: boolean
  readonly user: (typeof USERS)[number]
  readonly overlap: (typeof OVERLAPS)[number]
  readonly rightJti: boolean
  /** Whether the token has expired, not its session. */
  readonly tokenExpired: boolean
  readonly lostAnswer: (typeof LOST_ANSWERS)[number]
  readonly spent: (typeof SPENT)[number]
}

const CELLS: readonly Cell[] = everyCombination({
  behind: BEHIND,
  age: AGES,
  revoked: BOTH,
  expired: BOTH,
  user: USERS,
  overlap: OVERLAPS,
  rightJti: BOTH,
  tokenExpired: BOTH,
  lostAnswer: LOST_ANSWERS,
  spent: SPENT,
})

type Choices<T> = { readonly [Name in keyof T]: readonly T[Name][] }

function everyCombination<T extends object>(choices: Choices<T>): readonly T[] {
  let combinations: readonly Partial<T>[] = [{}]
  for (const name of Object.keys(choices) as (keyof T)[])
    combinations = combinations.flatMap((combination) =>
      choices[name].map((choice) => ({ ...combination, [name]: choice })),
    )
  return combinations as readonly T[]
}

interface Expected {
  readonly outcome: string
  readonly generation: number
  readonly revokeReason: RevokeReason | undefined
  readonly events: number
}

/** The generation of each session when it is judged. */
const REACHED = 3

/** An expired token gets no successor; that it was spent revokes its session all the same. */
function expected(cell: Cell): Expected {
  const valid = expectedOfValid(cell)
  if (!cell.tokenExpired || valid.outcome === 'reused') return valid
  const revokeReason = cell.revoked ? 'logout' : undefined
  return { generation: REACHED, events: 0, outcome: 'expired', revokeReason }
}

/** The rows of the specified table, in order. */
function expectedOfValid({
  behind,
  age,
  revoked,
  expired,
  user,
  overlap,
  rightJti,
  lostAnswer,
  spent,
}: Cell): Expected {
  const untouched = { generation: REACHED, revokeReason: undefined, events: 0 }
  if (revoked) return { ...untouched, outcome: 'revoked', revokeReason: 'logout' }
  if (expired) return { ...untouched, outcome: 'expired' }
  if (user === 'deleted')
    return { ...untouched, outcome: 'user', revokeReason: 'deleted' }
  if (user === 'inactive')
    return { ...untouched, outcome: 'user', revokeReason: 'inactive' }
  if (user === 'epoch') return { ...untouched, outcome: 'user', revokeReason: 'password' }
  if (behind === 0 && rightJti)
    return { ...untouched, outcome: 'rotated', generation: REACHED + 1 }
  const isPrevious = behind === (spent === 0 ? 1 : 2) && rightJti
  const inTime = overlap === 10 && [0, 9.9, 10, -4].includes(age)
  if (isPrevious && inTime) return { ...untouched, outcome: 'replayed' }
  const isWithinLimit = age !== -6 && spent + age <= lostAnswer
  if (isPrevious && lostAnswer > 0 && isWithinLimit)
    return { ...untouched, outcome: 'lost_answer', generation: REACHED + 1 }
  if (behind >= 1)
    return { ...untouched, outcome: 'reused', revokeReason: 'reuse', events: 1 }
  return { ...untouched, outcome: 'ahead' }
}

/** A store, and the rotations that judge by it. */
interface Managers {
  readonly store: InstanceStore
  managerFor(cell: Pick<Cell, 'overlap' | 'lostAnswer'>): SessionManager
  readonly events: ReadonlyMap<SessionId, number>
}

async function managersOn(
  store: InstanceStore,
  sabotage: string | undefined,
): Promise<Managers & { close(): void }> {
  const judging = sabotaged(store, sabotage)
  const managers = new Map<string, SessionManager>()
  const events = new Map<SessionId, number>()
  let octet = 0
  const keyOf = ({ overlap, lostAnswer }: Pick<Cell, 'overlap' | 'lostAnswer'>) =>
    `${overlap} ${lostAnswer}`
  const both = everyCombination({ overlap: OVERLAPS, lostAnswer: LOST_ANSWERS })
  for (const options of both) {
    const [overlap, lostAnswer] = [seconds(options.overlap), seconds(options.lostAnswer)]
    const manager = await openSessionManager(
      { ...SETTINGS, overlap, lostAnswer },
      {
        sessions: judging.ports.sessions,
        watch: judging.watch,
        clock: () => NOON,
        random: (size) => Buffer.alloc(size).fill(`${octet++} `),
        reused: ({ id }) => events.set(id, (events.get(id) ?? 0) + 1),
        feedDisconnected: assert.ifError,
        feedReconnected: () => {},
      },
    )
    managers.set(keyOf(options), manager)
  }
  const close = (): void => {
    for (const sessions of managers.values()) sessions.close()
  }
  const managerFor: Managers['managerFor'] = (cell) => managers.get(keyOf(cell))!
  return { store, managerFor, events, close }
}

/**
 * Brings a session into the state of a cell by the calls that do so in production. @returns the
 * jti of each generation
 */
async function arrange(
  { age, revoked, expired, user, spent }: Cell,
  id: SessionId,
  { store }: Managers,
): Promise<readonly string[]> {
  const userId = `user of ${id}` as UserId
  await store.ports.users.insert({
    ...vitor,
    id: userId,
    username: userId,
    usernameKey: userId,
  })
  await store.ports.sessions.adopt(aSession(id, { userId, createdAt: at(NOON, -500) }))
  const jtis = [`${id}-0`, `${id}-1`, `${id}-2`, `${id}-3`]
  for (let generation = 0; generation < REACHED; generation++) {
    const isLast = generation === REACHED - 1
    const isLost = isLast && spent > 0
    const rotation = {
      id,
      generation,
      jti: jtis[generation]!,
      newJti: jtis[generation + 1]!,
      // The last refresh token is made to expire at the moment of judging, at any age.
      idle: isLast && expired ? (age as Seconds) : days(1),
      leeway: seconds(0),
      now: at(NOON, isLast ? 0 : generation - 1 - (spent || 50)),
      require: SETTINGS.require,
    }
    const swapped = isLost
      ? await store.ports.sessions.recover({
          ...rotation,
          generation: generation - 1,
          jti: jtis[generation - 1]!,
          unused: rotation,
          spentSince: at(NOON, -spent),
        })
      : await store.ports.sessions.rotate(rotation)
    assert.equal(swapped?.generation, generation + 1)
  }
  if (revoked) await store.ports.sessions.revoke(id, 'logout', NOON)
  if (user === 'inactive') await store.ports.users.change(userId, { active: false })
  if (user === 'epoch') await store.ports.users.setPassword(userId, 'another')
  if (user === 'deleted') await store.ports.users.delete(userId)
  return jtis
}

async function judged(cell: Cell, id: SessionId, deps: Managers): Promise<Expected> {
  const { store, managerFor, events } = deps
  const jtis = await arrange(cell, id, deps)
  const generation = REACHED - cell.behind
  const jti = cell.rightJti ? (jtis[generation] ?? `${id}-${generation}`) : 'another'

  const exchange = cell.tokenExpired ? 'judgeExpired' : 'rotate'
  const outcome = await managerFor(cell)
    [exchange]({ id, generation, jti }, at(NOON, cell.age))
    .catch(() => ({ kind: 'failed' }) as const)

  const state = await store.ports.sessions.find(id)
  const isMinted = outcome.kind !== 'failed' && isGranted(outcome)
  const isOfTheRow =
    !isMinted ||
    isDeepStrictEqual(rotatedPart(outcome.session), rotatedPart(state!.session))
  return {
    outcome: isOfTheRow
      ? outcome.kind
      : `${outcome.kind}, expected the outcome of the row`,
    generation: state!.session.generation,
    revokeReason: state!.session.revokeReason,
    events: events.get(id) ?? 0,
  }
}

/** Concurrent cells: a database answers so many in time. */
const AT_ONCE = 40

/** R5. */
export const table = trial({
  name: 'R5',
  promise: 'every combination of token, session and user state has the specified answer',
  databases: ['sqlite', 'postgres'],
  long: {},
  short: {},
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'lost-end' },
    { name: 'new-jti-on-replay' },
    { name: 'overlap-for-all' },
    { name: 'late-for-all' },
    { name: 'unused-stays-valid' },
    { name: 'limit-from-last' },
  ],
  async run(deps) {
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    await store.migrate()
    const managers = await managersOn(store, deps.sabotage)
    deps.after(() => managers.close())
    const wrong: Cell[] = []
    for (let from = 0; from < CELLS.length; from += AT_ONCE) {
      await Promise.all(
        CELLS.slice(from, from + AT_ONCE).map(async (cell, i) => {
          const answer = await judged(cell, `cell ${from + i}` as SessionId, managers)
          if (isDeepStrictEqual(answer, expected(cell))) return
          wrong.push(cell)
          if (wrong.length <= 3)
            deps.progress(`${JSON.stringify(cell)} is ${JSON.stringify(answer)}`)
        }),
      )
    }
    return [
      exactly(17_920, 'cells', CELLS.length),
      exactly(0, 'of them wrong', wrong.length),
    ]
  },
})
