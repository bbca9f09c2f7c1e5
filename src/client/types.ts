import type { Duration } from '../base/duration.ts'
import type { AuthError } from './error.ts'

export type { Duration }

/** Where tokens are kept: strings, synchronous or not. The one key has only `A-Z a-z 0-9 . _ -`. */
export interface TokenStorage {
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  set(key: string, value: string): void | Promise<void>
  remove(key: string): void | Promise<void>
}

/** The claims of the access token that describe the user, and `id`. */
export interface TokenUser {
  readonly id: string
  readonly [claim: string]: unknown
}

interface CommonOptions<U> {
  /** The token endpoints. Default `"/api/token"`. */
  readonly path?: `/${string}`
  /** The account endpoints. Default `"/auth"`. */
  readonly accounts?: `/${string}`
  /** Further origins whose requests get credentials. */
  readonly origins?: readonly string[]
  /** How long a request of the client itself may take. Default `"10s"`. */
  readonly timeout?: Duration
  /** The server's `tokens.overlap`. Default `"10s"`; 0 for a strict server. */
  readonly overlap?: Duration
  /** Whether a visible page refreshes before the access token expires. Default true. */
  readonly refreshAhead?: boolean
  /** Makes the user from the claims of an access token. Default: the claims, and `id`. */
  readonly user?: (claims: Readonly<Record<string, unknown>>) => U
  /** What the server rendered into the page. Never a refresh token. */
  readonly initial?: { readonly access?: string; readonly user?: U }
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
  /** Clients of the same name share a session between tabs. Default: origin and path. */
  readonly name?: string
}

/** Options of `createClient`. `storage` belongs to the transport `"body"`. */
export type ClientOptions<U = TokenUser> = CommonOptions<U> &
  (
    | {
        /** How tokens travel. Default `"body"`. */
        readonly transport?: 'body'
        /** Default `"memory"`: a reload signs out. */
        readonly storage?: 'memory' | 'tab' | 'browser' | TokenStorage
      }
    | { readonly transport: 'cookie' | 'session'; readonly storage?: never }
  )

/** Further fields are sent as they are. */
export type Credentials = Readonly<Record<string, unknown>> &
  (
    | { readonly username: string; readonly password: string }
    | { readonly email: string; readonly password: string }
    | { readonly email: string; readonly code: string }
    | { readonly phone: string; readonly code: string }
    | { readonly token: string }
    | { readonly ticket: string; readonly code: string }
  )

export type SignedOutReason =
  | 'signOut'
  | 'signOutElsewhere'
  | 'expired'
  | 'revoked'
  | 'userInactive'
  | 'passwordChanged'
  | 'proofKeyLost'
  | 'unknown'

export type AuthState<U = TokenUser> =
  | { readonly status: 'loading' }
  | { readonly status: 'signedOut'; readonly reason?: SignedOutReason }
  | { readonly status: 'signedIn'; readonly user: U; readonly problem?: AuthError }

export type AuthEvent =
  | 'restored'
  | 'signedIn'
  | 'signedOut'
  | 'refreshed'
  | 'userChanged'
  | 'problem'

/** Every member can be passed on by itself: none needs `this`. */
export interface Client<U = TokenUser> {
  /** Frozen; the same object until status, user or problem change. */
  readonly state: AuthState<U>
  readonly user: U | undefined
  /** What is shown on a server and during hydration. A constant. */
  readonly initialState: AuthState<U>
  /** Resolves when `state` has left `loading`, after 20 seconds at the latest; never rejects. */
  readonly ready: Promise<void>
  /** @throws AuthError, `second_factor_required` among others */
  signIn(credentials: Credentials): Promise<U>
  /** Creates a user, and does not sign in unless the server answers with tokens. @throws AuthError */
  signUp(fields: Readonly<Record<string, unknown>>): Promise<void>
  /** Signs out here at once, then on the server; never rejects. */
  signOut(options?: { readonly everywhere?: boolean }): Promise<void>
  /** The platform's `fetch`, with credentials for `url` and `origins`, and one repeat after a 401. */
  fetch(
    input: Parameters<typeof fetch>[0],
    init?: Parameters<typeof fetch>[1],
  ): Promise<Response>
  /** `undefined` if signed out, or if scripts cannot read the token. @throws AuthError */
  getAccessToken(options?: {
    readonly fresh?: boolean
    readonly signal?: AbortSignal
  }): Promise<string | undefined>
  /** The headers that `fetch` would add. @throws AuthError */
  headersFor(url: string | URL, method?: string): Promise<Record<string, string>>
  /** After a 401: whether to send again, with new headers. */
  recoverFrom401(sent: Readonly<Record<string, string>>): Promise<boolean>
  /** @returns a function that ends it */
  subscribe(listener: (state: AuthState<U>, event: AuthEvent) => void): () => void
  /** For React Native, when the application comes to the front. */
  wake(): void
  /** Stops timers, listeners and requests of its own; does not sign out. */
  close(): void
}
