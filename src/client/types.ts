import type { AuthError } from './error.ts'

/** `"5s"`, or a number of seconds. */
export type ClientDuration = `${number}s` | number

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

type CommonOptions<U> = {
  /** The token endpoints. Default `"/api/token"`. */
  path?: `/${string}`
  /** The account endpoints. Default `"/auth"`. */
  accounts?: `/${string}`
  /** Further origins whose requests get credentials. */
  origins?: readonly string[]
  /** How long a request of the client itself may take. Default `"10s"`. */
  timeout?: ClientDuration
  /** The server's `tokens.overlap`. Default `"10s"`; 0 for a strict server. */
  overlap?: ClientDuration
  /** `refreshAhead`: refreshes before the access token expires. Default: when a request needs a token. */
  refreshAhead?: RefreshAheadOption
  /** `dpop()`: tokens are bound to a key that cannot leave the browser. */
  proof?: ProofOption
  /** Makes the user from the claims of an access token. Default: the claims, and `id`. */
  user?: (claims: Record<string, unknown>) => U
  /** What the server rendered into the page. Never a refresh token. */
  initial?: { access?: string; user?: U }
  /** Default: the platform's. */
  fetch?: typeof fetch
  /** Clients of the same name share a session between tabs. Default: origin and path. */
  name?: string
}

/** Options of `createClient`. `storage` is of tokens in memory, not of cookies. */
export type ClientOptions<U = TokenUser> = Readonly<
  CommonOptions<U> &
    (
      | {
          transport?: never
          /** `tabStorage`, `browserStorage` or `storedIn(yours)`. Default: memory; a reload signs out. */
          storage?: StorageOption
        }
      | {
          /** `tokenCookies` or `sessionCookie`. Default: tokens in the bodies of answers. */
          transport?: TransportOption
          storage?: never
        }
    )
>

declare const KIND: unique symbol

interface Imported<Kind> {
  readonly [KIND]: Kind
}

/** Where tokens are kept: `tabStorage`, `browserStorage`, `storedIn()`. */
export type StorageOption = Imported<'storage'>

/** How a session travels: `tokenCookies`, `sessionCookie`. */
export type TransportOption = Imported<'transport'>

/** When tokens are refreshed: `refreshAhead`. */
export type RefreshAheadOption = Imported<'refreshAhead'>

/** What tokens are bound to: `dpop()`. */
export type ProofOption = Imported<'proof'>

/** Further fields are sent as they are. */
export type Credentials = Record<string, unknown> &
  (
    | { username: string; password: string }
    | { email: string; password: string }
    | { email: string; code: string }
    | { phone: string; code: string }
    | { token: string }
    | { ticket: string; code: string }
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

export type AuthState<U = TokenUser> = Readonly<
  | { status: 'loading' }
  | { status: 'signedOut'; reason?: SignedOutReason }
  | { status: 'signedIn'; user: U; problem?: AuthError }
>

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
  signUp(fields: object): Promise<void>
  /** Signs out here at once, then on the server; never rejects. */
  signOut(options?: { everywhere?: boolean }): Promise<void>
  /** The platform's `fetch`, with credentials for `url` and `origins`, and one repeat after a 401. */
  readonly fetch: typeof fetch
  /** `undefined` if signed out, or if scripts cannot read the token. @throws AuthError */
  getAccessToken(options?: {
    fresh?: boolean
    signal?: AbortSignal
  }): Promise<string | undefined>
  /** @returns a function that ends it */
  subscribe(listener: (state: AuthState<U>, event: AuthEvent) => void): () => void
  /** For React Native, when the application comes to the front. */
  wake(): void
  /** Stops timers, listeners and requests of its own; does not sign out. */
  close(): void
}
