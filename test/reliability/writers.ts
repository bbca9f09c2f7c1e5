import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { SETTINGS } from '../sessions/setup.ts'
import { lastingFor } from './lasting.ts'
import { together } from './together.ts'
import { atLeast, atMost, exactly, type TrialContext, trial } from './trial.ts'

/** 50 writers in four processes. */
const WRITERS = [13, 13, 12, 12]

/** Of each process. */
const WRITES = 50

/** R27. */
export const writers = trial({
  name: 'R27',
  promise: 'no request of 50 writers in 4 processes fails because the database is locked',
  databases: ['sqlite', 'postgres'],
  long: { seconds: 60 },
  short: { seconds: 3 },
  sabotages: [{ name: 'lock-held', databases: ['sqlite'] }],
  async run(deps, { seconds }) {
    const { workers } = await together(deps, WRITERS.length, SETTINGS, undefined)
    if (deps.sabotage === 'lock-held') holdLock(deps)

    const done = WRITERS.map(() => 0)
    const failed: string[] = []
    const work = async (): Promise<void> => {
      const results = await Promise.all(
        workers.map((worker, i) => worker.ask('write', WRITERS[i]!, seconds * 1000)),
      )
      for (const [i, result] of results.entries()) {
        done[i]! += result.done
        failed.push(...result.failed)
      }
    }
    const isOver = lastingFor(seconds, { needs: () => Math.min(...done) >= WRITES })
    while (!isOver()) await work()
    deps.progress(
      `${done.join(' + ')} writes${failed.length === 0 ? '' : `; ${failed[0]}`}`,
    )
    return [
      exactly(0, 'failed writes', failed.length),
      atLeast(WRITES, 'writes by each process', Math.min(...done)),
      ...(deps.kind === 'sqlite'
        ? [atMost(64, 'MB of write-ahead log', megabytes(`${deps.database}-wal`))]
        : []),
    ]
  },
})

const megabytes = (file: string): number => statSync(file).size / 1024 / 1024

/** Holds the lock for longer than requests wait. */
function holdLock(deps: TrialContext): void {
  const holder = new DatabaseSync(deps.database, { timeout: 1000 })
  holder.exec('begin immediate')
  deps.after(() => holder.close())
  void sleep(8000).then(() => holder.isOpen && holder.exec('rollback'))
}
