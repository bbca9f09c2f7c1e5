import { relativePath } from './relative-path.ts'

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

/**
 * The ways to sign in with addresses that are relative to a page, so that a proxy may add a prefix that the server does not know.
 *
 * @param path of the page
 * @param prefix of the instance's endpoints
 */
export function relativeWays(path: string, prefix: string, ways: SignInWays): object {
  const to = (target: string | undefined): string | undefined =>
    target && relativePath(path, prefix + target)
  const { tokens, session } = ways
  return {
    ...ways,
    ...(tokens && {
      tokens: {
        ...tokens,
        obtain: to(tokens.obtain),
        refresh: to(tokens.refresh),
        signOut: to(tokens.signOut),
        secondFactor: to(tokens.secondFactor),
      },
    }),
    ...(session && {
      session: { ...session, signIn: to(session.signIn), signOut: to(session.signOut) },
    }),
  }
}

/** Whether a navigation can bring the user's credentials. */
export const bringsCookies = ({ tokens, session }: SignInWays): boolean =>
  session !== undefined || tokens?.keep === 'cookie'
