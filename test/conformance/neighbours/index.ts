import type { Json, JsonObject } from '../recording.ts'
import { allauthNeighbour, djRestAuthNeighbour } from './dj-rest-auth.ts'
import { djoserNeighbour } from './djoser.ts'
import { knoxNeighbour } from './knox.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour } from './neighbour.ts'
import { oauthToolkitNeighbour } from './oauth-toolkit.ts'
import { passwordlessNeighbour } from './passwordless.ts'
import { socialNeighbour } from './social.ts'
import { socialOAuth2Neighbour } from './social-oauth2.ts'

/** Those whose recordings are replayed. */
export const NEIGHBOURS: readonly Neighbour[] = [
  knoxNeighbour,
  passwordlessNeighbour,
  djoserNeighbour,
  djRestAuthNeighbour,
  allauthNeighbour,
  socialNeighbour,
  oauthToolkitNeighbour,
  socialOAuth2Neighbour,
]

type Config = { readonly NEIGHBOURS?: readonly string[] }

/** Those of a configuration. */
export const neighboursOf = (
  config: Config,
  paths: readonly string[],
): readonly Neighbour[] =>
  NEIGHBOURS.filter(
    (each) =>
      config.NEIGHBOURS?.includes(each.name) === true ||
      each.isIn?.(config, paths) === true,
  )

/** Those of a configuration, with its settings. @throws AuthError `invalid_config` if a preset refuses them */
export const openNeighbours = (terms: NeighbourTerms): readonly OpenNeighbour[] =>
  neighboursOf(terms.config, terms.paths).map(({ section, open }) =>
    open((terms.config as { readonly [name: string]: JsonObject })[section] ?? {}, terms),
  )

/** Recorded changes of the rows of all neighbours, and messages, in terms of watchword's. */
export function rowEffectsOfOurs(effects: JsonObject): JsonObject {
  const entries = Object.entries(effects).map(([name, changes]): [string, Json] => {
    if (name === 'messages') return [name, messagesOfOurs(changes)]
    const neighbour = NEIGHBOURS.find(({ effect }) => effect === name)
    return [name, neighbour?.changesOfOurs(changes as JsonObject) ?? changes]
  })
  return Object.fromEntries(entries)
}

/** Who sends a mail is a matter of its transport here. */
const messagesOfOurs = (messages: Json): Json =>
  (messages as readonly JsonObject[]).map(({ from = null, ...message }) =>
    from === 'sms' ? { from, ...message } : message,
  )
