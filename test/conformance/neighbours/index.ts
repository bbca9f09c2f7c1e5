import type { Json, JsonObject } from '../recording.ts'
import { knoxNeighbour } from './knox.ts'
import type { Neighbour, OpenNeighbour } from './neighbour.ts'

/** Those whose recordings are replayed. */
export const NEIGHBOURS: readonly Neighbour[] = [knoxNeighbour]

type Config = { readonly NEIGHBOURS?: readonly string[] }

/** Those of a configuration. */
export const neighboursOf = ({ NEIGHBOURS: names = [] }: Config): readonly Neighbour[] =>
  NEIGHBOURS.filter(({ name }) => names.includes(name))

/** Those of a configuration, with its settings. @throws AuthError `invalid_config` if a preset refuses them */
export const openNeighbours = (config: Config): readonly OpenNeighbour[] =>
  neighboursOf(config).map(({ section, open }) =>
    open((config as { readonly [name: string]: JsonObject })[section] ?? {}),
  )

/** Recorded changes of the rows of all neighbours, in terms of watchword's tables. */
export function rowEffectsOfOurs(effects: JsonObject): JsonObject {
  const entries = Object.entries(effects).map(([name, changes]): [string, Json] => {
    const neighbour = NEIGHBOURS.find((each) => each.name === name)
    return [name, neighbour === undefined ? changes : changesOfOurs(changes, neighbour)]
  })
  return Object.fromEntries(entries)
}

const changesOfOurs = (changes: Json, { rowsOfOurs }: Neighbour): JsonObject =>
  Object.fromEntries(
    Object.entries(changes as { readonly [change: string]: readonly JsonObject[] }).map(
      ([change, rows]) => [change, rows.map(rowsOfOurs)],
    ),
  )
