import { AuthError } from '../../src/base/errors.ts'
import type { InstanceStore } from '../../src/features.ts'

/** When a call fails: before its effect; after its effect; from this call on, without effect. */
export const MOMENTS = ['before', 'after', 'from then on'] as const
export type Moment = (typeof MOMENTS)[number]

type Verb = (...given: readonly unknown[]) => unknown

/** A store whose k-th call since `arm` fails. */
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
  const faultyPort = (port: string, methods: object): object =>
    new Proxy(methods, {
      get: (_, name) =>
        failing(
          `${port}.${String(name)}`,
          (Reflect.get(methods, name) as Verb).bind(methods),
        ),
    })
  const ports = Object.entries(store.ports).map(([name, methods]) => [
    name,
    faultyPort(name, methods),
  ])

  return {
    store: {
      ...store,
      ports: Object.fromEntries(ports),
      migrate: failing('migrate', store.migrate) as InstanceStore['migrate'],
      ping: failing('ping', store.ping) as InstanceStore['ping'],
    } as InstanceStore,
    /** From now on the `at`-th call fails; `undefined`: none. */
    arm(at?: number, moment: Moment = 'before'): void {
      calls = []
      armed = at === undefined ? undefined : { at, moment }
    },
    /** The calls since it was armed, failed ones included. */
    calls: (): readonly string[] => calls,
  }
}

export type FaultyStore = ReturnType<typeof faultyStore>

/** The error of a store that cannot be reached; the call may have taken effect. */
const fault = (name: string): AuthError =>
  new AuthError('store_unavailable', `${name} fails in this test`, { retryAfter: 1 })
