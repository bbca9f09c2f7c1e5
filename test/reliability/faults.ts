import type { Store } from '../../src/stores/store.ts'
import { type FaultyStore, faultyStore, MOMENTS, type Moment } from './faulty-store.ts'
import { FLOWS, type Flow, type Scene } from './flows.ts'
import { type Answer, Place } from './place.ts'

export interface FaultFindings {
  /** Calls that failed, each in a run of its own. */
  readonly injected: number
  /** First answers, by their status. */
  readonly statuses: Readonly<Record<string, number>>
  /** What is against the promise: which call of which flow, and what came of it. */
  readonly broken: readonly string[]
}

/** Lets each call of each flow fail, one in a run, in each of the ways in which it can. The store is closed at the end. */
export async function injectFaults(
  store: Store,
  {
    flows = FLOWS,
    progress = () => {},
  }: { flows?: Readonly<Record<string, Flow>>; progress?(flow: string): void } = {},
): Promise<FaultFindings> {
  const broken: string[] = []
  const statuses: Record<string, number> = {}
  let injected = 0
  const faulty = faultyStore(store)
  const place = new Place(faulty.store)
  await place.isUpToDate()
  for (const [name, flow] of Object.entries(flows)) {
    progress(name)
    for (const moment of MOMENTS) {
      for (let k = 1; ; k++) {
        const { first, call, fault } = await play(await flow(place), faulty, place, k, moment)
        if (fault !== undefined) broken.push(`${name}: ${call ?? 'nothing'} (${k}) fails ${moment}: ${fault}`)
        if (call === undefined) break
        injected++
        statuses[first.status] = (statuses[first.status] ?? 0) + 1
      }
    }
  }
  await place.auth.close()
  await store.close()
  return { injected, statuses, broken }
}

/** @returns the call that failed, `undefined` where the scene has no k-th one; and what is wrong with what came of it */
async function play(scene: Scene, faulty: FaultyStore, place: Place, k: number, moment: Moment) {
  faulty.arm(k, moment)
  const first = await scene.ask()
  const call = faulty.calls()[k - 1]
  faulty.arm()
  const fault = await judge(scene, first, call !== undefined).catch(({ message }: Error) => message.split('\n')[0])
  return { first, call, fault: place.faults.splice(0).join('; ') || fault }
}

/** What is wrong with how a scene went on. */
async function judge(scene: Scene, first: Answer, failed: boolean): Promise<string | undefined> {
  const { says = 200, again = [] } = scene
  if (first.status === says) await scene.holds(first)
  else if (!failed) return `the answer is ${first.status}`
  else if (first.status !== 503) return `the first answer is ${first.status}`
  else if (!(Number(first.retryAfter) >= 1)) return 'the first answer does not say when to try again'
  const second = await scene.ask()
  if (second.status !== says && !again.includes(second.status)) return `the second answer is ${second.status}`
  await scene.holds(second)
  return undefined
}
