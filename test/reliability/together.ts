import type { InstanceStore } from '../../src/features.ts'
import type { RefreshClaims } from '../../src/sessions/rotate.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { SessionSettings } from '../../src/sessions/session-manager.ts'
import { type SessionWorker, startSessionWorker } from '../sessions/processes.ts'
import { NOON, vitor } from '../sessions/setup.ts'
import { storeAt } from './store.ts'
import type { TrialContext } from './trial.ts'

/** The first refresh token of the session that `aSession` describes. */
export const first = (id: string): RefreshClaims => ({
  id: id as SessionId,
  generation: 0,
  jti: `${id}-0`,
})

/**
 * Processes on the database of a trial, with its injected fault; and the store without the fault,
 * in this process. There is one user.
 *
 * @param now where all clocks stand still; `undefined`: they run
 */
export async function together(
  deps: TrialContext,
  count: number,
  terms: SessionSettings,
  now: number | undefined = NOON,
): Promise<{
  readonly workers: readonly SessionWorker[]
  readonly store: InstanceStore
}> {
  const { database, sabotage } = deps
  const store = await storeAt(database)
  deps.after(() => store.close())
  await store.migrate()
  await store.ports.users.insert(vitor)
  const workers = Array.from({ length: count }, () =>
    startSessionWorker(database, terms, { sabotage }),
  )
  deps.after(() => Promise.all(workers.map((worker) => worker.kill())))
  await Promise.all(workers.map((worker) => worker.ask('setClock', now)))
  await Promise.all(workers.map((worker) => worker.ask('ready')))
  return { workers, store }
}
