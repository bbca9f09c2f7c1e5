/**
 * A number for everything that a client can make expensive (rule D5). Milliseconds, octets, counts.
 *
 * Node's own are 60 s for a header, 300 s for a request, looked at every 30 s, and no bound on the rest.
 */
export const LIMITS = {
  /** From the first octet of a connection or request to the end of its header. */
  headersTimeout: 10_000,
  /** From the first octet of a request to its last. */
  requestTimeout: 20_000,
  /** How often the two above are looked at. */
  connectionsCheckingInterval: 500,
  /** Longer than the 60 s of common load balancers, so that it is they who close. */
  keepAliveTimeout: 65_000,
  /** A connection on which nothing moves, such as one whose peer does not read its answers. */
  timeout: 30_000,
  maxHeaderSize: 16_384,
  maxRequestsPerSocket: 1_000,
  maxConnections: 10_000,
  /** How long a connection that is being closed may go on sending, so that its peer gets to read the answer. */
  linger: 1_000,
  /** At a stop: how long idle connections are kept open for a request that is on its way already. */
  farewell: 1_000,
  /** At a stop: when connections with requests in flight are cut. */
  stop: 8_000,
} as const

export type Limits = { readonly [Name in keyof typeof LIMITS]: number }
