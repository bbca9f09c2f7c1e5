import type { InstanceStore } from '../../src/features.ts'
import { withPorts } from '../stores/open.ts'

/**
 * Where a process dies: `redeemed`: a one-time code was redeemed; `done`: what it is for was written, a password, a session or a
 * user. Each time that statement has committed, and the client has no answer.
 */
export type CrashPoint = 'redeemed' | 'done'

/** A store whose process is killed, as by `kill -9`, once `arm` has said where. */
export function crashing(store: InstanceStore): {
  readonly store: InstanceStore
  arm(point: CrashPoint): void
} {
  let armed: CrashPoint | undefined
  const dieAt = async (point: CrashPoint): Promise<void> => {
    if (point !== armed) return
    process.kill(process.pid, 'SIGKILL')
    // The signal may take a moment, in which no answer may leave.
    await new Promise(() => {})
  }
  const { codes, sessions, users } = store.ports
  const crashingStore = withPorts(store, {
    codes: {
      ...codes,
      async attempt(presented, now, mode) {
        const attempted = await codes.attempt(presented, now, mode)
        if (mode === 'redeem' && attempted?.isRight === true) await dieAt('redeemed')
        return attempted
      },
    },
    sessions: {
      ...sessions,
      async open(session, require) {
        const isOpen = await sessions.open(session, require)
        await dieAt('done')
        return isOpen
      },
    },
    users: {
      ...users,
      async insert(user) {
        const isInserted = await users.insert(user)
        await dieAt('done')
        return isInserted
      },
      async setPassword(...args) {
        const isSet = await users.setPassword(...args)
        await dieAt('done')
        return isSet
      },
    },
  })
  return {
    store: crashingStore,
    arm(point) {
      armed = point
    },
  }
}
