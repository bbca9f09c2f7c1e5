import type { InstanceStore } from '../../src/features.ts'
import type { RotatedSession, SessionId } from '../../src/sessions/session.ts'
import { type SessionWorker, soon } from '../sessions/processes.ts'
import { aSession, at, forgiving, NOON } from '../sessions/setup.ts'
import { CALLERS, countOf, race } from './races.ts'
import { first, together } from './together.ts'
import { exactly, trial } from './trial.ts'

/** Seconds after the first use: after the overlap, within the limit of lost answers. */
const LATE = 60

/** Sessions whose first token was spent at noon; the answer was lost, and all clocks are late. */
async function withLostAnswers(
  ids: readonly string[],
  [one, ...others]: readonly SessionWorker[],
  store: InstanceStore,
): Promise<readonly RotatedSession[]> {
  const unused: RotatedSession[] = []
  for (const id of ids) {
    await store.ports.sessions.adopt(aSession(id))
    const outcome = await one!.ask('rotate', first(id))
    if (outcome.kind !== 'rotated') throw new Error(`the first use is ${outcome.kind}`)
    unused.push(outcome.session)
  }
  const workers = [one!, ...others]
  await Promise.all(workers.map((worker) => worker.ask('setClock', at(NOON, LATE))))
  return unused
}

/** R1, after a lost answer. */
export const lateSuccessor = trial({
  name: 'R1-late',
  promise:
    'of 50 concurrent late uses of a token whose answer was lost one advances the session, all get the same successor, and the unused one ends the session',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 200 },
  short: { rounds: 20 },
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'new-jti-on-replay' },
    { name: 'unused-stays-valid' },
    { name: 'lost-end' },
  ],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, CALLERS.length, forgiving)
    const ids = Array.from({ length: rounds }, (_, round) => `late${round}`)
    const unused = await withLostAnswers(ids, workers, store)
    const seen = {
      winners: 0,
      successors: 0,
      answered: 0,
      advanced: 0,
      ended: 0,
      alive: 0,
    }
    for (const [i, id] of ids.entries()) {
      const outcomes = await race(workers, first(id))

      const row = (await store.ports.sessions.find(id as SessionId))?.session
      seen.winners += countOf(outcomes, 'lost_answer')
      seen.answered += countOf(outcomes, 'lost_answer', 'replayed')
      const successors = outcomes.flatMap((each) =>
        'session' in each ? each.session : [],
      )
      seen.successors += new Set(successors.map(({ jti }) => jti)).size
      if (row?.generation === 2) seen.advanced += 1

      const trapped = await workers[i % workers.length]!.ask('rotate', unused[i]!)
      if (trapped.kind === 'reused') seen.ended += 1
      const later = await Promise.all(
        successors.slice(0, 1).map((successor) => workers[3]!.ask('rotate', successor)),
      )
      seen.alive += later.length - countOf(later, 'revoked')
    }
    return [
      exactly(rounds, 'winners', seen.winners),
      exactly(rounds * 50, 'callers with a successor', seen.answered),
      exactly(rounds, 'different successors', seen.successors),
      exactly(rounds, 'sessions advanced by one generation', seen.advanced),
      exactly(rounds, 'uses of the unused successor detected', seen.ended),
      exactly(0, 'valid tokens afterwards', seen.alive),
    ]
  },
})

/** R1, a late token against its successor. */
export const lateOrUnused = trial({
  name: 'R1-trap',
  promise:
    'if a late token and its unused successor are presented at once, one of them advances the session, and the other ends it',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 300 },
  short: { rounds: 40 },
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'late-for-all' },
    { name: 'unused-stays-valid' },
    { name: 'lost-end' },
  ],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, 3, forgiving)
    const [one, other, third] = workers as [SessionWorker, SessionWorker, SessionWorker]
    const ids = Array.from({ length: rounds }, (_, round) => `trap${round}`)
    const unused = await withLostAnswers(ids, workers, store)
    const seen = { late: 0, winners: 0, ended: 0, alive: 0 }
    for (const [i, id] of ids.entries()) {
      const moment = soon()
      const [left, right] = await Promise.all([
        one.ask('race', first(id), 3, moment),
        other.ask('race', unused[i]!, 3, moment),
      ])

      seen.late += countOf(left, 'lost_answer')
      seen.winners += countOf([...left, ...right], 'lost_answer', 'rotated')
      const state = await store.ports.sessions.find(id as SessionId)
      if (state?.session.revokeReason === 'reuse') seen.ended += 1
      const successors = [...left, ...right].flatMap((outcome) =>
        outcome.kind !== 'reused' && 'session' in outcome ? [outcome.session] : [],
      )
      const later = await Promise.all(
        successors.map((successor) => third.ask('rotate', successor)),
      )
      seen.alive += later.length - countOf(later, 'revoked')
    }
    deps.progress(`in ${seen.late} of ${rounds} rounds the late token came first`)
    return [
      exactly(rounds, 'tokens that advanced a session', seen.winners),
      exactly(rounds, 'sessions revoked', seen.ended),
      exactly(0, 'valid tokens afterwards', seen.alive),
    ]
  },
})
