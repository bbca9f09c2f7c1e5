import type { Scheme } from '../../authentication/scheme.ts'
import type { TokenCookies } from '../../tokens/token-cookies.ts'
import { browserSettingsIn } from '../browser-sessions/scheme.ts'
import type { Core } from '../core.ts'
import type { Exposure } from './exposure.ts'
import type { SignInWays } from './page-data.ts'

export interface SignInSettings {
  readonly exposure: Exposure
  readonly endpoints: readonly { readonly name: string; readonly path: string }[]
  readonly authentication: readonly Scheme<unknown>[]
  readonly tokens: { readonly headerTypes: readonly string[] }
  readonly tokenCookies: TokenCookies | undefined
  readonly behindProxy: boolean
}

/** @param schemes the names of those that a route tries */
export function signInWays(
  schemes: readonly string[],
  settings: SignInSettings,
  { loginField }: Pick<Core, 'loginField'>,
): SignInWays {
  const names = new Set(schemes)
  const takesTokens = TAKE_TOKENS.some((name) => names.has(name))
  const tokens = takesTokens && tokenWay(settings)
  const session = names.has('session') && sessionWay(settings)
  return {
    loginField,
    ...(tokens && { tokens }),
    ...(session && { session }),
    apiTokens: names.has('apiToken'),
  }
}

/** A document calls the cookie with an access token `accessCookie`. */
const TAKE_TOKENS = ['bearer', 'cookie', 'accessCookie']

const pathOf = (name: string, { endpoints }: SignInSettings): string | undefined =>
  endpoints.find((each) => each.name === name)?.path

function tokenWay(settings: SignInSettings): SignInWays['tokens'] {
  const obtain = pathOf('obtain', settings)
  if (obtain === undefined) return undefined
  const refresh = pathOf('refresh', settings)
  const signOut = pathOf('blacklist', settings)
  const secondFactor = pathOf('secondFactor', settings)
  return {
    obtain,
    ...(refresh !== undefined && { refresh }),
    ...(signOut !== undefined && { signOut }),
    ...(secondFactor !== undefined && { secondFactor }),
    keep: keepOf(settings),
    word: settings.tokens.headerTypes[0] ?? 'Bearer',
    ...(settings.tokenCookies && { csrf: settings.tokenCookies.csrf }),
  }
}

/** In production another script of this origin could read the refresh token of the tab. */
function keepOf({ tokenCookies, exposure }: SignInSettings): 'cookie' | 'tab' | 'page' {
  if (tokenCookies?.access !== undefined) return 'cookie'
  if (exposure.isProduction) return 'page'
  return 'tab'
}

function sessionWay(settings: SignInSettings): SignInWays['session'] {
  const signIn = pathOf('login', settings)
  if (signIn === undefined) return undefined
  const signOut = pathOf('logout', settings)
  const { csrfCookie } = browserSettingsIn(settings)
  return { signIn, ...(signOut !== undefined && { signOut }), csrf: csrfCookie }
}
