import { milliseconds } from '../../base/clock.ts'
import type { Core } from '../core.ts'
import { ACTIVITIES, type Activity, type ActivityCount } from './listing.ts'
import { consoleStore } from './store.ts'

type Counts = Readonly<Record<Activity, number>>

type ActivityCore = Pick<Core, 'clock' | 'counters' | 'log' | 'ports'>

/** Adds what this process counts to the counts of all processes, so that no chart has to count events. */
export interface ActivityRecorder {
  /** Resolves when what was counted so far is written, or cannot be. */
  write(): Promise<void>
  close(): Promise<void>
}

/** How much is lost if a process is killed. */
const INTERVAL = milliseconds(10_000)

const RECORDERS = new WeakMap<Core, ActivityRecorder>()

/** Starts to record, until it is closed. */
export function openRecorder(core: Core): ActivityRecorder {
  const recorder = recordActivity(core)
  RECORDERS.set(core, recorder)
  return recorder
}

/** Resolves when what this process has counted so far is written. */
export const activityWritten = async (core: Core): Promise<void> =>
  RECORDERS.get(core)?.write()

function recordActivity(core: ActivityCore): ActivityRecorder {
  let written = countsOf(core)
  let writing = Promise.resolve()

  async function writeNew(): Promise<void> {
    const counted = countsOf(core)
    const added = difference(counted, written, core.clock())
    if (added.length === 0) return
    try {
      await core.ports(consoleStore).console.addActivity(added)
      written = counted
    } catch (error) {
      core.log({
        level: 'warn',
        event: 'the counts for the console could not be written; they are tried again',
        reason: String(error),
      })
    }
  }

  const write = (): Promise<void> => {
    writing = writing.then(writeNew)
    return writing
  }
  const timer = setInterval(() => void write(), INTERVAL).unref()
  return {
    write,
    async close() {
      clearInterval(timer)
      await write()
    },
  }
}

function countsOf({ counters }: ActivityCore): Counts {
  const signIns = counters.signIns.counts()
  const { rotated = 0, lost_answer: lost = 0 } = counters.refreshes.counts()
  const revoked = Object.values(counters.revocations.counts())
  return {
    signed_in: signIns.ok ?? 0,
    sign_in_failed: signIns.failed ?? 0,
    sign_in_throttled: signIns.throttled ?? 0,
    refreshed: rotated + lost,
    session_revoked: revoked.reduce((sum, count) => sum + count, 0),
  }
}

const difference = (counted: Counts, before: Counts, at: number): ActivityCount[] =>
  ACTIVITIES.map((kind) => ({ kind, at, count: counted[kind] - before[kind] })).filter(
    ({ count }) => count > 0,
  )
