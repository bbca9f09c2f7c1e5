import type { RotationOutcome } from '../../src/sessions/rotate.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { startSessionWorker } from '../sessions/processes.ts'
import { aSession, at, NOON, SETTINGS } from '../sessions/setup.ts'
import { first, together } from './together.ts'
import { exactly, type Finding, trial } from './trial.ts'

/** Wrong passwords allowed in the minute in which the process is killed. */
const LIMIT = { limit: 5, per: 60 } as never

/** R9. */
export const restart = trial({
  name: 'R9',
  promise: 'a restart changes no result',
  databases: ['sqlite', 'postgres'],
  long: {},
  short: {},
  sabotages: [{ name: 'forget-spent' }, { name: 'lost-end' }],
  async run(deps) {
    const { workers, store } = await together(deps, 1, SETTINGS)
    const [before] = workers
    for (const id of ['spent', 'revoked', 'expired', 'overlap', 'alive'])
      await store.ports.sessions.adopt(aSession(id))
    await store.ports.sessions.adopt(aSession('short', { idleExpiresAt: at(NOON, 5) }))
    const spent = await before!.ask('rotate', first('spent'))
    await before!.ask('end', 'revoked' as SessionId, 'admin', 0)
    const counted = await before!.ask('hits', 'login', LIMIT, 3, 0)
    await before!.ask('setClock', at(NOON, 15))
    const half = await before!.ask('rotate', first('overlap'))
    await before!.kill()

    const after = startSessionWorker(deps.database, SETTINGS, { sabotage: deps.sabotage })
    deps.after(() => after.kill())
    await after.ask('setClock', at(NOON, 20))
    await after.ask('ready')

    const repeated = await after.ask('rotate', first('overlap'))
    const countedAfter = await after.ask('hits', 'login', LIMIT, 3, 0)
    return [
      isSo(
        'access tokens of revoked sessions stay rejected',
        await after.ask('isRevoked', 'revoked' as SessionId),
      ),
      isSo(
        'those of valid sessions stay accepted',
        !(await after.ask('isRevoked', 'alive' as SessionId)),
      ),
      isSo(
        'repetitions within the overlap get the same successor',
        jtiOf(repeated) === jtiOf(half),
      ),
      verdict(
        'a revoked session',
        'revoked',
        await after.ask('rotate', first('revoked')),
      ),
      verdict('an expired session', 'expired', await after.ask('rotate', first('short'))),
      verdict('an unknown session', 'unknown', await after.ask('rotate', first('never'))),
      verdict('a valid session', 'rotated', await after.ask('rotate', first('alive'))),
      verdict('a spent token', 'reused', await after.ask('rotate', first('spent'))),
      verdict(
        'the successor of a spent token',
        'revoked',
        await after.ask('rotate', successorOf(spent)),
      ),
      exactly(
        3 + 2,
        'of 3 + 3 hits on a limit of 5',
        counted.counted + countedAfter.counted,
      ),
    ]
  },
})

const isSo = (promised: string, holds: boolean): Finding => ({
  promised,
  seen: holds ? 'yes' : 'no',
  holds,
})

const verdict = (
  what: string,
  kind: RotationOutcome['kind'],
  seen: RotationOutcome,
): Finding => ({
  promised: `${what}: ${kind}`,
  seen: seen.kind,
  holds: seen.kind === kind,
})

const jtiOf = (outcome: RotationOutcome): string =>
  'session' in outcome ? outcome.session.jti : outcome.kind

function successorOf(outcome: RotationOutcome) {
  if (outcome.kind !== 'rotated') throw new Error(`the first refresh was ${outcome.kind}`)
  return outcome.session
}
