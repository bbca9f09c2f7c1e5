import { callHook } from '../../base/call-hook.ts'
import { ifDefined } from '../../base/optional.ts'
import type { Core } from '../core.ts'
import { type PageOptions, pageSettings } from './options.ts'

type Geo = NonNullable<PageOptions['geo']>

/** Milliseconds that a page waits for all its places. */
export const PATIENCE = 1000

/** Calls of a function that are under way at once, for all pages of this process. */
export const AT_ONCE = 16

/**
 * The places of addresses, as the option `pages.geo` says. An address that it does not know, or for which it fails or takes too long,
 * has none.
 */
export async function placesOf(
  addresses: readonly (string | undefined)[],
  { section, log }: Pick<Core, 'section' | 'log'>,
): Promise<ReadonlyMap<string, string>> {
  const { geo } = pageSettings(section)
  const places = new Map<string, string>()
  const asked = new Set(addresses.filter((each) => each !== undefined))
  if (geo === undefined || asked.size === 0) return places
  const waiting = [...asked]
  const ask = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      ifPlace(await placeOf(next, geo, log), (place) => places.set(next, place))
  }
  const callers = Array.from({ length: asked.size }, () => limited(geo, ask))
  await withPatience(Promise.all(callers))
  // Nothing more is asked for a page that is sent.
  waiting.length = 0
  return new Map(places)
}

async function placeOf(address: string, geo: Geo, log: Core['log']): Promise<unknown> {
  let place: unknown
  await callHook(log, 'pages.geo', async () => {
    place = await geo(address)
  })
  return place
}

function ifPlace(value: unknown, use: (place: string) => void): void {
  if (typeof value === 'string' && value !== '') use(value)
}

const callsOf = new WeakMap<Geo, number>()

/** A function that hangs is not called any more, until its calls end. */
async function limited(geo: Geo, work: () => Promise<void>): Promise<void> {
  const calls = callsOf.get(geo) ?? 0
  if (calls >= AT_ONCE) return
  callsOf.set(geo, calls + 1)
  await work()
  callsOf.set(geo, (callsOf.get(geo) ?? 1) - 1)
}

async function withPatience(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}

/** The place of an address, if it has one. */
export const placeIn = (
  places: ReadonlyMap<string, string>,
  address: string | undefined,
): string | undefined => ifDefined(address, (known) => places.get(known))
