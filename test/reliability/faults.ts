import type { InstanceStore } from '../../src/features.ts'
import { withPorts } from '../stores/open.ts'
import { type FaultyStore, faultyStore, MOMENTS, type Moment } from './faulty-store.ts'
import { FLOWS, type Scene } from './flows.ts'
import { sabotaged } from './sabotage.ts'
import { type Answer, Place } from './setup.ts'
import { storeAt } from './store.ts'
import { atLeast, exactly, trial } from './trial.ts'

interface Size {
  readonly flows: readonly string[]
  readonly moments: readonly Moment[]
}

/** R11. */
export const faults = trial<Size>({
  name: 'R11',
  promise:
    'whichever call of the store fails: never 200 without the effect, never 500, and a retry succeeds',
  databases: ['sqlite', 'postgres'],
  long: { flows: Object.keys(FLOWS), moments: MOMENTS },
  short: {
    flows: [
      'obtain',
      'refresh',
      'blacklist',
      'verify what was signed out',
      'logout of a browser',
    ],
    moments: ['before', 'after'],
  },
  sabotages: [
    { name: 'ignore-store-errors' },
    { name: 'outage-as-bug' },
    { name: 'revocations-unreadable' },
  ],
  async run(deps, { flows, moments }) {
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    const faulty = faultyStore(store)
    const place = new Place(withFault(faulty.store, deps.sabotage))
    deps.after(() => place.auth.close())
    await place.isUpToDate()

    const broken: string[] = []
    let failed = 0
    for (const name of flows) {
      deps.progress(name)
      for (const moment of moments) {
        for (let k = 1; ; k++) {
          const { call, fault } = await play(
            await FLOWS[name]!(place),
            faulty,
            place,
            k,
            moment,
          )
          if (fault !== undefined)
            broken.push(`${name}: ${call ?? 'nothing'} (${k}) fails ${moment}: ${fault}`)
          if (call === undefined) break
          failed++
        }
      }
    }
    for (const each of broken) deps.progress(each)
    return [
      atLeast(2 * flows.length, 'injected failures, each in its own run', failed),
      exactly(0, 'wrong results', broken.length),
    ]
  },
})

/**
 * @returns the call that failed, `undefined` if the scene has no k-th call; and what is wrong with
 * the result
 */
async function play(
  scene: Scene,
  faulty: FaultyStore,
  place: Place,
  k: number,
  moment: Moment,
) {
  faulty.arm(k, moment)
  const first = await scene.ask()
  const call = faulty.calls()[k - 1]
  faulty.arm()
  const fault = await judge(scene, first, call !== undefined).catch(
    ({ message }: Error) => message.split('\n')[0],
  )
  return { first, call, fault: place.faults.splice(0).join('; ') || fault }
}

/** What is wrong with the result of a scene. */
async function judge(
  scene: Scene,
  first: Answer,
  failed: boolean,
): Promise<string | undefined> {
  const { says = 200, again = [] } = scene
  if (first.status === says) await scene.holds(first)
  else if (!failed) return `the answer is ${first.status}`
  else if (first.status !== 503) return `the first answer is ${first.status}`
  else if (!(Number(first.retryAfter) >= 1)) return 'the first answer has no Retry-After'
  const second = await scene.ask()
  if (second.status !== says && !again.includes(second.status))
    return `the second answer is ${second.status}`
  await scene.holds(second)
  return undefined
}

const withFault = (store: InstanceStore, name: string | undefined): InstanceStore =>
  SABOTAGES[name ?? '']?.(store) ?? sabotaged(store, name)

const SABOTAGES: Readonly<Record<string, (store: InstanceStore) => InstanceStore>> = {
  /** Sign-out reports success even if the store failed. */
  'ignore-store-errors': (store) => {
    const { sessions } = store.ports
    return withPorts(store, {
      sessions: {
        ...sessions,
        revoke: (...args) => sessions.revoke(...args).catch(() => true),
        revokeAll: (...args) => sessions.revokeAll(...args).catch(() => []),
      },
    })
  },

  /** Revoked sessions cannot be read again. */
  'revocations-unreadable': (store) => ({
    ...withPorts(store, {
      sessions: { ...store.ports.sessions, revokedSince: async () => [] },
    }),
    watch: () => ({ stop() {} }),
  }),
}
