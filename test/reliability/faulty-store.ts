import { AuthError } from '../../src/base/errors.ts'
import type { InstanceStore } from '../../src/features.ts'

/** When a call fails: nothing of it was done; it was done and nobody is told; neither it nor any later one is done. */
export const MOMENTS = ['before', 'after', 'from then on'] as const
export type Moment = (typeof MOMENTS)[number]

type Verb = (...given: readonly unknown[]) => unknown

/** A store of which the k-th call fails, counted from when it was armed. */
export function faultyStore(store: InstanceStore) {
  let calls: string[] = []
  let armed: { readonly at: number; readonly moment: Moment } | undefined

  const failing =
    (name: string, verb: Verb): Verb =>
    (...given) => {
      const n = calls.push(name)
      if (armed === undefined || n < armed.at) return verb(...given)
      const { at, moment } = armed
      if (moment === 'from then on' || (n === at && moment === 'before'))
        return Promise.reject(fault(name))
      const done = verb(...given)
      return n > at ? done : Promise.resolve(done).then(() => Promise.reject(fault(name)))
    }
  const faultyPort = (port: string, verbs: object): object =>
    new Proxy(verbs, {
      get: (_, name) =>
        failing(
          `${port}.${String(name)}`,
          (Reflect.get(verbs, name) as Verb).bind(verbs),
        ),
    })
  const ports = Object.entries(store.ports).map(([name, verbs]) => [
    name,
    faultyPort(name, verbs),
  ])

  return {
    store: {
      ...store,
      ports: Object.fromEntries(ports),
      migrate: failing('migrate', store.migrate) as InstanceStore['migrate'],
      ping: failing('ping', store.ping) as InstanceStore['ping'],
    } as InstanceStore,
    /** From now on the `at`-th call fails; without it none does. */
    arm(at?: number, moment: Moment = 'before'): void {
      calls = []
      armed = at === undefined ? undefined : { at, moment }
    },
    /** What was called since it was armed, failed calls included. */
    calls: (): readonly string[] => calls,
  }
}

export type FaultyStore = ReturnType<typeof faultyStore>

/** What a store says where the database is out of reach; whether the call was done is unknown to whoever asked. */
const fault = (name: string): AuthError =>
  new AuthError('store_unavailable', `${name} fails in this test`, { retryAfter: 1 })
