/** What a release wrote beside its data: `expected.json`. */
export interface Expected {
  readonly release: string
  /** The first seals, all open. */
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
  /** In this order: a probe may spend what a later one presents. */
  readonly probes: readonly Probe[]
  /** What the release itself listed at the end. */
  readonly listed: Listed
  /** The key ids that it published, and how many keys the older secret sealed. */
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
 * How a credential is presented: to sign in for tokens, or a browser; to be
 * exchanged; to prove who sends a request; or to be shown an API token again.
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
  /** `detail` of an answer that refuses. */
  readonly detail?: string
  readonly username: string
  readonly password?: string
  /** The address of the client. */
  readonly address?: string
  /** The text of a token, or a session's cookie. */
  readonly text?: string
  /** The refresh token that is issued again. */
  readonly successor?: string
  readonly scopes?: readonly string[]
}
