import type { Authentication, Scheme } from '../../authentication/scheme.ts'
import type { TokenCookies } from '../../tokens/token-cookies.ts'
import { browserSettingsIn } from '../browser-sessions/scheme.ts'
import type { Core } from '../core.ts'
import type { Exposure } from './exposure.ts'

/** How a page signs its user in. Paths are those of the instance's endpoints. */
export interface SignInWays {
  readonly loginField: 'username' | 'email'
  readonly tokens?: {
    readonly obtain: string
    readonly refresh?: string
    readonly signOut?: string
    /** Takes the code of a second factor. */
    readonly secondFactor?: string
    /** `cookie`: the page keeps nothing. `tab`: in `sessionStorage`. `page`: in memory. */
    readonly keep: 'cookie' | 'tab' | 'page'
    /** The word before an access token. */
    readonly word: string
    /** The cookie with the CSRF token, without its prefix. */
    readonly csrf?: string
  }
  readonly session?: {
    readonly signIn: string
    readonly signOut?: string
    readonly csrf: string
  }
  /** Whether the route takes API tokens. */
  readonly apiTokens: boolean
}

export interface SignInSettings {
  readonly exposure: Exposure
  readonly endpoints: readonly { readonly name: string; readonly path: string }[]
  readonly authentication: readonly Scheme<unknown>[]
  readonly tokens: { readonly headerTypes: readonly string[] }
  readonly tokenCookies: TokenCookies | undefined
  readonly behindProxy: boolean
}

/** @param schemes of the route */
export function signInWays(
  schemes: readonly Authentication[],
  settings: SignInSettings,
  { loginField }: Pick<Core, 'loginField'>,
): SignInWays {
  const names = new Set(schemes.map(({ name }) => name))
  const takesTokens = names.has('bearer') || names.has('cookie')
  const tokens = takesTokens ? tokenWay(settings) : undefined
  const session = names.has('session') ? sessionWay(settings) : undefined
  return {
    loginField,
    ...(tokens && { tokens }),
    ...(session && { session }),
    apiTokens: names.has('apiToken'),
  }
}

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
  return exposure.isProduction ? 'page' : 'tab'
}

function sessionWay(settings: SignInSettings): SignInWays['session'] {
  const signIn = pathOf('login', settings)
  if (signIn === undefined) return undefined
  const signOut = pathOf('logout', settings)
  const { csrfCookie } = browserSettingsIn(settings)
  return { signIn, ...(signOut !== undefined && { signOut }), csrf: csrfCookie }
}
