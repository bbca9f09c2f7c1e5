import { setTimeout as sleep } from 'node:timers/promises'
import { type Seconds, systemClock } from '../../src/base/clock.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { type SessionWorker, startSessionWorker } from '../sessions/processes.ts'
import { aSession, at, forgiving, NOON, SETTINGS } from '../sessions/setup.ts'
import { first, together } from './together.ts'
import { exactly, type Finding, type TrialContext, trial } from './trial.ts'

/** Seconds by which the clock is set between two refreshes with one token. */
const STEPS = [3600, -3600, 5, -5, 5.1, -5.1, 10, 10.1] as const

/** Overlap of ten seconds; the clock may go back by five. */
const isHonest = (step: number): boolean => step >= -5 && step <= 10

/** The same with a limit of five minutes for lost answers. */
const LATE_STEPS = [3600, 300.1, 300, 10.1, -5.1, -3600] as const

const isLate = (step: number): boolean => step > 10 && step <= 300

/** Errors of three machines' clocks, in seconds. */
const SKEWS = [0, 30, -30] as const

/** R13. */
export const clocks = trial({
  name: 'R13',
  promise:
    'a spent token whose successor was used stays spent, also if clocks are set; on PostgreSQL the clock of the database decides',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [
    { name: 'clock-of-each', databases: ['postgres'] },
    { name: 'drop-generation' },
  ],
  async run(deps, { rounds }) {
    const { workers, store } = await together(deps, 1, SETTINGS)
    const patient = startSessionWorker(deps.database, forgiving, {
      sabotage: deps.sabotage,
    })
    deps.after(() => patient.kill())
    const found: Finding[] = []
    for (let round = 0; round < rounds; round++) {
      found.push(...(await afterSteps(workers[0]!, store, round)))
      found.push(...(await lateAfterSteps(patient, store, round)))
      if (deps.kind === 'postgres')
        found.push(...(await onThreeMachines(deps, store, round)))
    }
    return found
  },
})

/** One clock, set between requests. */
async function afterSteps(
  instance: SessionWorker,
  store: InstanceStore,
  round: number,
): Promise<readonly Finding[]> {
  const seen = { right: 0, ended: 0 }
  for (const step of STEPS) {
    const id = `step ${step} ${round}`
    await store.ports.sessions.adopt(aSession(id))
    await instance.ask('setClock', at(NOON, 4000))
    await instance.ask('rotate', first(id))
    await instance.ask('setClock', at(NOON, 4000 + step))
    const again = await instance.ask('rotate', first(id))
    if (again.kind === (isHonest(step) ? 'replayed' : 'reused')) seen.right += 1

    await instance.ask('end', id as SessionId, 'logout', 0)
    await instance.ask('setClock', at(NOON, 4000 - step))
    const later = await instance.ask('rotate', first(id))
    if (later.kind === 'revoked') seen.ended += 1
  }
  return [
    exactly(
      STEPS.length,
      'clocks set between two refreshes: repetition or reuse as specified',
      seen.right,
    ),
    exactly(STEPS.length, 'sessions that stay revoked', seen.ended),
  ]
}

/** The clock is set twice after a lost answer: no step gives the token more than its limit. */
async function lateAfterSteps(
  instance: SessionWorker,
  store: InstanceStore,
  round: number,
): Promise<readonly Finding[]> {
  const seen = { right: 0, ended: 0 }
  for (const step of LATE_STEPS) {
    const id = `late step ${step} ${round}`
    await store.ports.sessions.adopt(aSession(id))
    await instance.ask('setClock', at(NOON, 4000))
    await instance.ask('rotate', first(id))
    await instance.ask('setClock', at(NOON, 4000 + step))
    const late = await instance.ask('rotate', first(id))
    if (late.kind === (isLate(step) ? 'lost_answer' : 'reused')) seen.right += 1

    // Back by a minute, or past the limit, from the moment of the new successor.
    const next = step === 300 ? 311 : step - 60
    await instance.ask('setClock', at(NOON, 4000 + next))
    const again = await instance.ask('rotate', first(id))
    if (again.kind === (isLate(step) ? 'reused' : 'revoked')) seen.ended += 1
  }
  return [
    exactly(
      LATE_STEPS.length,
      'clocks set after a lost answer: a successor or reuse as specified',
      seen.right,
    ),
    exactly(LATE_STEPS.length, 'sessions that the next step ends', seen.ended),
  ]
}

/** Seconds: long enough to refresh on three machines, short enough to wait for. */
const OVERLAP = 3 as Seconds
/** Counted from the first use; the overlap after a lost answer ends later. */
const LOST_ANSWER = 5 as Seconds

/** Clocks that differ. */
async function onThreeMachines(
  deps: TrialContext,
  store: InstanceStore,
  round: number,
): Promise<readonly Finding[]> {
  const { database, sabotage } = deps
  const settings = { ...SETTINGS, overlap: OVERLAP, lostAnswer: LOST_ANSWER }
  const machines = SKEWS.map((skew) =>
    startSessionWorker(database, settings, { clockSkew: skew, sabotage }),
  )
  deps.after(() => Promise.all(machines.map((machine) => machine.kill())))
  await Promise.all(machines.map((machine) => machine.ask('ready')))
  const now = store.time?.now ?? systemClock
  const seen = { rotated: 0, replayed: 0, late: 0, reused: 0 }
  const ids = SKEWS.map((skew) => `by ${skew} ${round}`)

  for (const [i, id] of ids.entries()) {
    await store.ports.sessions.adopt(
      aSession(id, { createdAt: now(), idleExpiresAt: at(now(), 20) }),
    )
    const rotated = await machines[i]!.ask('rotate', first(id))
    if (rotated.kind === 'rotated') seen.rotated += 1
    const again = await Promise.all(
      machines.map((machine) => machine.ask('rotate', first(id))),
    )
    seen.replayed += again.filter(({ kind }) => kind === 'replayed').length
  }
  await sleep(OVERLAP * 1000 + 200)
  for (const [i, id] of ids.entries()) {
    const late = await machines[(i + 1) % SKEWS.length]!.ask('rotate', first(id))
    if (late.kind === 'lost_answer') seen.late += 1
  }
  await sleep(OVERLAP * 1000 + 200)
  for (const [i, id] of ids.entries()) {
    const later = await machines[(i + 2) % SKEWS.length]!.ask('rotate', first(id))
    if (later.kind === 'reused') seen.reused += 1
  }
  for (const machine of machines) await machine.kill()
  return [
    exactly(
      3,
      'sessions refreshed, on machines whose clocks are 30 s apart',
      seen.rotated,
    ),
    exactly(9, 'repetitions on each of them given the same successor', seen.replayed),
    exactly(3, 'of them treated as a lost answer after the overlap', seen.late),
    exactly(3, 'of them treated as reuse after the limit', seen.reused),
  ]
}
