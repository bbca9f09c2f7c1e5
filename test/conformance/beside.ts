import type { Preset } from '../../src/presets/define-preset.ts'
import {
  djoser,
  djRestAuth,
  knox,
  oauthToolkit,
  passwordless,
  socialOAuth2,
} from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import type { OpenNeighbour } from './neighbours/neighbour.ts'

const OTHERS = { knox, djRestAuth, djoser, passwordless }

/** Those over the option `oauth`, which needs a key pair: the recordings of Simple JWT have a shared key. */
const OVER_OAUTH = { oauthToolkit, socialOAuth2 }

/** What the presets need that a conversation does not ask. */
export const NEEDED_BESIDE: Options = {
  url: 'https://oracle.test',
  accounts: { requireActivation: false },
  mail: () => {},
}

/** What the presets over the option `oauth` need besides. */
export const NEEDED_OVER_OAUTH: Options = {
  oauth: { scopes: { read: 'Read' } },
  social: { github: { clientId: 'beside', clientSecret: 'secret-beside' } },
}

/** Whether no other preset can be there: the conversation is about none, or about a start that sends no mails. */
export function isAlone(neighbours: readonly OpenNeighbour[]): boolean {
  return neighbours.every(
    ({ options: { presets = [], mail }, messages }) =>
      presets.length === 0 || (messages !== undefined && mail === undefined),
  )
}

/**
 * The presets of a conversation, and all others below prefixes of their own: in one instance none changes what another answers
 * (UM-11).
 *
 * @param hasOAuth whether the instance has the options of `NEEDED_OVER_OAUTH`
 */
export function withOthersBeside(
  presets: readonly Preset[],
  hasOAuth: boolean,
): readonly Preset[] {
  const names = new Set(presets.map(({ name }) => name))
  const others = Object.entries({ ...OTHERS, ...(hasOAuth && OVER_OAUTH) })
    .map(([name, preset]) => preset({ prefix: `/beside/${name}` }))
    .filter(({ name }) => !names.has(name))
  return [...presets, ...others]
}
