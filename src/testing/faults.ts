import { AuthError, configError } from '../base/errors.ts'
import { type InstanceStore, STORE_EXTENSIONS } from '../features.ts'
import { IN_MEMORY } from '../stores/sqlite/open-database.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'

type Ports = InstanceStore['ports']

type PortVerb = {
  [Port in keyof Ports & string]: `${Port}.${keyof Ports[Port] & string}`
}[keyof Ports & string]

/** A function of the store: `sessions.rotate`, `users.find`; `migrate` is the first use, `ping` what `health()` calls. */
export type StoreVerb = 'migrate' | 'ping' | Exclude<PortVerb, typeof CACHE_VERSION>

/** Switches that make the store fail, as if the database did not answer. */
export interface Faults {
  /**
   * From now on these functions of the store reject with `store_unavailable`, and change nothing.
   *
   * @throws AuthError `invalid_config` if the store has no such function
   */
  fail(...verbs: readonly StoreVerb[]): void
  /** From now on every function of the store rejects. */
  failAll(): void
  /** Everything works again. */
  clear(): void
  /** The functions of the store that were called since the beginning, or since the last `clear()`. */
  readonly called: ReadonlySet<StoreVerb>
}

export interface FaultSwitches extends Faults {
  isFailing(verb: string): boolean
}

export function faultSwitches(): FaultSwitches {
  const failing = new Set<string>()
  const called = new Set<StoreVerb>()
  let all = false
  return {
    called,
    isFailing(verb) {
      called.add(verb as StoreVerb)
      return all || failing.has(verb)
    },
    fail(...verbs) {
      for (const verb of verbs) refuseUnknown(verb)
      for (const verb of verbs) failing.add(verb)
    },
    failAll() {
      all = true
    },
    clear() {
      all = false
      failing.clear()
      called.clear()
    },
  }
}

/** A misspelt name would let a test pass without the fault that it is about. */
function refuseUnknown(verb: string): void {
  const known = knownVerbs()
  if (known.includes(verb)) return
  throw configError(
    `The store has no function ${JSON.stringify(verb)}. faults.fail() takes one of: ${known.join(', ')}.`,
  )
}

let verbs: readonly string[] | undefined

/** Opens a store once: that takes longer than most tests. */
function knownVerbs(): readonly string[] {
  verbs ??= verbsOf(sqliteStore({ file: IN_MEMORY, extensions: STORE_EXTENSIONS }))
  return verbs
}

const STORE_VERBS = ['migrate', 'ping'] as const

/** Never rejects: while accounts cannot be found, it does not know whether a cached one is current. */
const CACHE_VERSION = 'users.version'

function verbsOf({ ports }: InstanceStore): readonly string[] {
  const ofPorts = Object.entries(ports).flatMap(([name, port]) =>
    Object.keys(port).map((verb) => `${name}.${verb}`),
  )
  return [...STORE_VERBS, ...ofPorts].filter((verb) => verb !== CACHE_VERSION)
}

/** The store, each of whose functions rejects while its switch is on. */
export function withFaults(
  store: InstanceStore,
  isFailing: FaultSwitches['isFailing'],
): InstanceStore {
  const failable = <Part extends object>(part: Part, prefix: string): Part => {
    const verbs = Object.entries(part).map(([name, verb]) => [
      name,
      failableVerb(verb, `${prefix}${name}`, isFailing),
    ])
    // The same names, with functions of the same types.
    return Object.fromEntries(verbs) as Part
  }
  const ports = Object.entries(store.ports).map(([name, port]) => [
    name,
    failable(port, `${name}.`),
  ])
  const { migrate, ping } = store
  return {
    ...store,
    ...failable({ migrate, ping }, ''),
    ports: Object.fromEntries(ports) as Ports,
  }
}

type Verb = (...args: readonly unknown[]) => unknown

const failableVerb =
  (verb: Verb, name: string, isFailing: FaultSwitches['isFailing']): Verb =>
  (...args) => {
    if (name === CACHE_VERSION) return isFailing('users.find') ? undefined : verb(...args)
    if (isFailing(name)) return Promise.reject(fault(name))
    return verb(...args)
  }

const fault = (name: string): AuthError =>
  new AuthError('store_unavailable', `a fault of the test: ${name}`, { retryAfter: 1 })
