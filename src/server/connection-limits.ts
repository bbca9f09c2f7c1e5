/**
 * A limit for everything that a client can make expensive (rule D5), in milliseconds, bytes and counts.
 *
 * By default node allows 60 s for a header and 300 s for a request, checks every 30 s and does not limit the rest.
 */
export const LIMITS = {
  /** Limit from the first byte of a connection or request to the end of its header. */
  headersTimeout: 10_000,
  /** Limit from the first byte of a request to its last. */
  requestTimeout: 20_000,
  /** How often the two above are checked. */
  connectionsCheckingInterval: 500,
  /** Longer than the 60 s of common load balancers, so that they close the connection, not this server. */
  keepAliveTimeout: 65_000,
  /** A connection without traffic, such as that of a client that does not read its responses. */
  timeout: 30_000,
  maxHeaderSize: 16_384,
  maxRequestsPerSocket: 1_000,
  maxConnections: 10_000,
  /** How long a client may go on sending on a connection that is being closed, so that it can read the response. */
  linger: 1_000,
  /** At a stop: how long idle connections stay open, for requests that have been sent already. */
  idleGrace: 1_000,
  /** At a stop: when connections with requests in flight are cut. */
  stopTimeout: 8_000,
} as const

export type Limits = { readonly [Name in keyof typeof LIMITS]: number }
