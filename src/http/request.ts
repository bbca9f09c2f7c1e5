/** What the house needs to see of a request; every adapter can give it without copying. */
export interface AuthRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** The peer's address; empty where the runtime does not know it. */
  readonly address: string
  /** Whether the connection is TLS, as far as the runtime knows. */
  readonly secure: boolean
  /** That the framework sends no CSRF token with it and compares its Origin itself: a server action of Next's. */
  readonly comparesOrigin?: boolean
  /**
   * The value of a header, by its lower-case name, as Latin-1 text.
   *
   * @throws AuthError `bad_authorization_header` where the request bears `authorization` more than once
   */
  header(name: string): string | undefined
  /**
   * The body, whole. Read at most once, only by who asks.
   *
   * @throws AuthError `body_too_large`
   */
  body(): Promise<Uint8Array>
  /**
   * The body, whole, and left for whoever reads it after. `undefined` where that cannot be, or it is too large; so may be the
   * whole method.
   */
  peek?(): Promise<Uint8Array | undefined>
}

/** What the house answers. */
export interface AuthReply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Octets that a request's body may have: these are forms of a few short fields (rule D1). */
export const BODY_LIMIT = 65_536
