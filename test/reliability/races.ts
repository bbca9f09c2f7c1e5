import { setTimeout as sleep } from 'node:timers/promises'
import type { RefreshClaims, RotationOutcome } from '../../src/sessions/rotate.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { type SessionWorker, soon } from '../sessions/processes.ts'
import { aSession, at, NOON, SETTINGS, strict } from '../sessions/setup.ts'
import { stopwatch } from '../time.ts'
import { first, together } from './together.ts'
import { exactly, trial, withinTime } from './trial.ts'

/** 50 callers in four processes. */
export const CALLERS = [13, 13, 12, 12]

type Outcome = RotationOutcome | { readonly kind: 'refused'; readonly error: string }

/** Presents one token in all processes at once. */
export async function race(
  workers: readonly SessionWorker[],
  token: RefreshClaims,
): Promise<readonly Outcome[]> {
  const moment = soon()
  return (
    await Promise.all(
      workers.map((worker, i) => worker.ask('race', token, CALLERS[i]!, moment)),
    )
  ).flat()
}

export const countOf = (
  outcomes: readonly Outcome[],
  ...kinds: readonly Outcome['kind'][]
): number => outcomes.filter(({ kind }) => kinds.includes(kind)).length

/** R1, with an overlap. */
export const oneSuccessor = trial({
  name: 'R1',
  promise:
    'of 50 concurrent refreshes of one token in 4 processes one advances the session, and all get the same successor',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 200 },
  short: { rounds: 20 },
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'stale-judgement' },
    { name: 'new-jti-on-replay' },
  ],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, CALLERS.length, SETTINGS)
    const seen = { winners: 0, successors: 0, answered: 0, advanced: 0 }
    for (let round = 0; round < rounds; round++) {
      const id = `overlap${round}`
      await store.ports.sessions.adopt(aSession(id))

      const outcomes = await race(workers, first(id))

      const row = (await store.ports.sessions.find(id as SessionId))?.session
      seen.winners += countOf(outcomes, 'rotated')
      seen.answered += countOf(outcomes, 'rotated', 'replayed')
      seen.successors += new Set(
        outcomes.map((outcome) => ('session' in outcome ? outcome.session.jti : '')),
      ).size
      if (row?.generation === 1) seen.advanced += 1
    }
    return [
      exactly(rounds, 'winners', seen.winners),
      exactly(rounds * 50, 'callers with a successor', seen.answered),
      exactly(rounds, 'different successors', seen.successors),
      exactly(rounds, 'sessions advanced by one generation', seen.advanced),
    ]
  },
})

/** R1, without overlap. */
export const strictly = trial({
  name: 'R1-strict',
  promise:
    'without overlap one of 50 gets a successor, and the reuse by the others revokes the session',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 200 },
  short: { rounds: 20 },
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'lost-end' },
  ],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, CALLERS.length, strict)
    const seen = { winners: 0, others: 0, reported: 0, alive: 0 }
    for (let round = 0; round < rounds; round++) {
      const id = `strict${round}`
      await store.ports.sessions.adopt(aSession(id))

      const outcomes = await race(workers, first(id))

      seen.winners += countOf(outcomes, 'rotated')
      seen.others += countOf(outcomes, 'reused', 'revoked')
      seen.reported += outcomes.filter(
        (outcome) => outcome.kind === 'reused' && outcome.revoked,
      ).length
      const successors = outcomes.flatMap((outcome) =>
        outcome.kind === 'rotated' ? [outcome.session] : [],
      )
      const again = await Promise.all(
        successors.map((successor) => workers[3]!.ask('rotate', successor)),
      )
      seen.alive += again.filter(({ kind }) => kind !== 'revoked').length
    }
    const events = (
      await Promise.all(workers.map((worker) => worker.ask('reusedSessions')))
    ).flat()
    return [
      exactly(rounds, 'winners', seen.winners),
      exactly(rounds * 49, 'refused', seen.others),
      exactly(0, 'valid tokens afterwards', seen.alive),
      exactly(rounds, 'reuses reported, each once', seen.reported),
      exactly(rounds, 'sessions in the events', new Set(events).size),
      exactly(rounds, 'events', events.length),
    ]
  },
})

/** R2. */
export const reuseElsewhere = trial({
  name: 'R2',
  promise:
    'reuse after the overlap, in another process, revokes successor and access tokens in every process within a second',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 20 },
  short: { rounds: 2 },
  sabotages: [{ name: 'deaf' }, { name: 'lost-end' }],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, 3, SETTINGS)
    const [one, other, third] = workers as [SessionWorker, SessionWorker, SessionWorker]
    const seen = { ended: 0, atOnce: 0, rejected: 0, slowest: 0 }
    for (let round = 0; round < rounds; round++) {
      const id = `s${round}` as SessionId
      await Promise.all(workers.map((worker) => worker.ask('setClock', NOON)))
      await store.ports.sessions.adopt(aSession(id))
      const rotated = await one.ask('rotate', first(id))
      await Promise.all(workers.map((worker) => worker.ask('setClock', at(NOON, 10.1))))

      const again = await other.ask('rotate', first(id))

      if (again.kind === 'reused') seen.ended += 1
      if (await other.ask('isRevoked', id)) seen.atOnce += 1
      const learned = await Promise.all(
        [one, third].map((instance) => untilRevoked(instance, id)),
      )
      seen.slowest = Math.max(seen.slowest, ...learned)
      const tokens = [first(id), ...('session' in rotated ? [rotated.session] : [])]
      const later = await Promise.all(
        tokens.map((token, i) => workers[2 * i]!.ask('rotate', token)),
      )
      seen.rejected += countOf(later, 'revoked')
    }
    const events = (
      await Promise.all(workers.map((worker) => worker.ask('reusedSessions')))
    ).flat()
    return [
      exactly(rounds, 'reuses detected', seen.ended),
      exactly(rounds, 'revocations known at once in the detecting process', seen.atOnce),
      withinTime(1000, 'ms until the other processes knew', seen.slowest),
      exactly(rounds * 2, 'tokens rejected afterwards', seen.rejected),
      exactly(rounds, 'events', events.length),
    ]
  },
})

/**
 * @returns the milliseconds until a process rejects the access tokens of a session; 2,000 at most
 */
async function untilRevoked(instance: SessionWorker, id: SessionId): Promise<number> {
  using watch = stopwatch()
  while (watch.ms() < 2000 && !(await instance.ask('isRevoked', id))) await sleep(10)
  return watch.ms()
}

/** R6. */
export const endInARace = trial({
  name: 'R6',
  promise: 'a session revoked during a refresh stays revoked',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 500 },
  short: { rounds: 100 },
  sabotages: [{ name: 'lost-end' }, { name: 'ignore-row-count' }],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, 3, SETTINGS)
    const [one, other, third] = workers as [SessionWorker, SessionWorker, SessionWorker]
    const seen = { ended: 0, alive: 0, refreshed: 0 }
    for (let round = 0; round < rounds; round++) {
      const id = `r${round}` as SessionId
      await store.ports.sessions.adopt(aSession(id))
      const moment = soon()

      const [left, right] = await Promise.all([
        one.ask('race', first(id), 5, moment),
        other.ask('race', first(id), 5, moment),
        third.ask('end', id, 'logout', moment),
      ])

      if ((await store.ports.sessions.find(id))?.session.revokeReason === 'logout')
        seen.ended += 1
      const successors = [...left, ...right].flatMap((outcome) =>
        outcome.kind === 'rotated' || outcome.kind === 'replayed'
          ? [outcome.session]
          : [],
      )
      if (successors.length > 0) seen.refreshed += 1
      const later = await Promise.all(
        successors.map((successor) => one.ask('rotate', successor)),
      )
      seen.alive += later.length - countOf(later, 'revoked')
    }
    deps.progress(`in ${seen.refreshed} of ${rounds} rounds a refresh came first`)
    return [
      exactly(rounds, 'sessions revoked', seen.ended),
      exactly(0, 'valid tokens afterwards', seen.alive),
    ]
  },
})
