import type { InstanceStore } from '../../src/features.ts'
import { withPorts } from '../stores/open.ts'

/**
 * Where a process dies: `redeemed`: a one-time code was redeemed, or a notice was written; `done`: what they are for was written, a
 * password, a name, a factor, a session or a user. The client has no answer then, and the statement has committed, unless both are
 * one transaction: that has not ended at `redeemed`.
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
  /** Dies while a value is read: between two statements of a transaction. */
  const dyingAt = <Value extends object>(value: Value): Value =>
    new Proxy(value, {
      get(target, name) {
        if (armed === 'redeemed') {
          process.kill(process.pid, 'SIGKILL')
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
        }
        return Reflect.get(target, name)
      },
    })
  /** Only a change with a notice: a sign-in changes its user, too. */
  const afterNotice = async <T>(work: Promise<T>, notice: unknown): Promise<T> => {
    const done = await work
    if (notice !== undefined) await dieAt('done')
    return done
  }
  const { codes, credentials, grants, outbox, sessions, users } = store.ports
  const crashingStore = withPorts(store, {
    codes: {
      ...codes,
      async attempt(presented, now, mode) {
        const attempted = await codes.attempt(presented, now, mode)
        if (mode === 'redeem' && attempted?.isRight === true) await dieAt('redeemed')
        return attempted
      },
      async redeemIn(...args) {
        await codes.redeemIn(...args)
        await dieAt('redeemed')
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
    grants: {
      ...grants,
      async redeem(code, session, now) {
        // The transaction reads the session once the code is redeemed.
        const isRedeemed = await grants.redeem(code, dyingAt(session), now)
        await dieAt('done')
        return isRedeemed
      },
    },
    outbox: {
      ...outbox,
      async insertIn(...args) {
        await outbox.insertIn(...args)
        await dieAt('redeemed')
      },
    },
    credentials: {
      ...credentials,
      confirm: (id, use, onlyAsFirst, notice) =>
        afterNotice(credentials.confirm(id, use, onlyAsFirst, notice), notice),
      deleteTotp: (id, userId, notice) =>
        afterNotice(credentials.deleteTotp(id, userId, notice), notice),
      replaceRecoveryCodes: (userId, rows, notice) =>
        afterNotice(credentials.replaceRecoveryCodes(userId, rows, notice), notice),
    },
    users: {
      ...users,
      change: (id, change, onlyIf, notice) =>
        afterNotice(users.change(id, change, onlyIf, notice), notice),
      async insert(...args) {
        const isInserted = await users.insert(...args)
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
