import type { InstanceStore } from '../../src/features.ts'
import { withPorts } from '../stores/open.ts'
import { type FaultyStore, faultyStore, MOMENTS, type Moment } from './faulty-store.ts'
import { FLOWS, type Scene } from './flows.ts'
import { type Answer, Place } from './place.ts'
import { sabotaged } from './sabotage.ts'
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
    'whatever call of the store fails: never 200 without the effect, never 500, and asking again does it',
  databases: ['sqlite', 'postgres'],
  long: { flows: Object.keys(FLOWS), moments: MOMENTS },
  short: {
    flows: [
      'obtain',
      'refresh',
      'blacklist',
      'verify what was signed out',
      'log-out of a browser',
    ],
    moments: ['before', 'after'],
  },
  sabotages: [
    { name: 'take-for-done' },
    { name: 'untold-fault' },
    { name: 'nothing-ended' },
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
      atLeast(2 * flows.length, 'calls failed, each in a run of its own', failed),
      exactly(0, 'runs went wrong', broken.length),
    ]
  },
})

/** @returns the call that failed, `undefined` where the scene has no k-th one; and what is wrong with what came of it */
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

/** What is wrong with how a scene went on. */
async function judge(
  scene: Scene,
  first: Answer,
  failed: boolean,
): Promise<string | undefined> {
  const { says = 200, again = [] } = scene
  if (first.status === says) await scene.holds(first)
  else if (!failed) return `the answer is ${first.status}`
  else if (first.status !== 503) return `the first answer is ${first.status}`
  else if (!(Number(first.retryAfter) >= 1))
    return 'the first answer does not say when to try again'
  const second = await scene.ask()
  if (second.status !== says && !again.includes(second.status))
    return `the second answer is ${second.status}`
  await scene.holds(second)
  return undefined
}

const withFault = (store: InstanceStore, name: string | undefined): InstanceStore =>
  SABOTAGES[name ?? '']?.(store) ?? sabotaged(store, name)

const SABOTAGES: Readonly<Record<string, (store: InstanceStore) => InstanceStore>> = {
  /** Whoever ends a session takes it for done, whatever the store said. */
  'take-for-done': (store) => {
    const { sessions } = store.ports
    return withPorts(store, {
      sessions: {
        ...sessions,
        revoke: (...its) => sessions.revoke(...its).catch(() => true),
        revokeAll: (...its) => sessions.revokeAll(...its).catch(() => []),
      },
    })
  },

  /** What has ended cannot be read again. */
  'nothing-ended': (store) => ({
    ...withPorts(store, {
      sessions: { ...store.ports.sessions, revokedSince: async () => [] },
    }),
    watch: () => ({ stop() {} }),
  }),
}
