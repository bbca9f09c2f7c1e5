/** What a release wrote beside its data: `expected.json`. */
export interface Expected {
  readonly release: string
  /** The first one encrypts, and all decrypt. */
  readonly secrets: readonly string[]
  /** The moment at which everything below holds, in seconds since 1970. */
  readonly now: number
  readonly profiles: Readonly<Record<Profile, object>>
  readonly databases: Readonly<Record<DatabaseName, Written>>
}

export type DatabaseName = 'SQLite' | 'PostgreSQL'

/** Options under which the data were written, and are read. */
export type Profile = 'default' | 'claim' | 'foreign'

export interface Written {
  /** In this order: a probe may spend the token of a later one. */
  readonly probes: readonly Probe[]
  /** The lists of the release at the end. */
  readonly listed: Listed
  /** The published key ids, and the number of keys encrypted with the older secret. */
  readonly keys: { readonly published: readonly string[]; readonly outdated: number }
  /** What `flush` deletes at that moment. */
  readonly flushed: Readonly<Record<'sessions' | 'tokens' | 'events' | 'keys', number>>
}

export interface Listed {
  readonly users: readonly object[]
  /** Of each user that has some, by the user's id. */
  readonly apiTokens: Readonly<Record<string, readonly object[]>>
  readonly events: readonly object[]
  readonly keys: readonly object[]
}

/**
 * How a credential is used: to sign in for tokens or in a browser, to be
 * refreshed, to authenticate a request, or to get an API token again.
 */
export type Way =
  | 'password'
  | 'browser'
  | 'refresh'
  | 'sliding refresh'
  | 'bearer'
  | 'cookie'
  | 'api token'
  | 'derived'

export interface Probe {
  readonly what: string
  readonly way: Way
  readonly profile: Profile
  readonly expect: 'live' | 'dead' | 'expired' | 'throttled'
  readonly status: number
  /** `detail` of an error. */
  readonly detail?: string
  readonly username: string
  readonly password?: string
  /** The address of the client. */
  readonly address?: string
  /** A token, or a session's cookie. */
  readonly text?: string
  /** The refresh token that is issued again. */
  readonly successor?: string
  readonly scopes?: readonly string[]
}
