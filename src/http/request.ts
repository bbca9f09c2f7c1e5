/** A request as the core sees it; every adapter can provide it without copying. */
export interface AuthRequest {
  /** @throws AuthError `invalid_config` if it is unknown; `isRead` is set then */
  readonly method: string
  /** Path and query, as the client sent them. */
  readonly url: string
  /** The peer's address; empty if the runtime does not know it. */
  readonly address: string
  /** Whether the connection is TLS, as far as the runtime knows. */
  readonly secure: boolean
  /**
   * Set if the method is unknown, as in pages and actions of Next: whether a browser sends such a request only to read. One that
   * does not needs an own Origin, or a CSRF token.
   */
  readonly isRead?: boolean
  /** Set if an admitted request becomes a connection of its own, of any protocol that its header `Upgrade` names. */
  readonly isUpgrade?: boolean
  /**
   * The value of a header, by its lower-case name, as Latin-1 text.
   *
   * @throws AuthError `bad_authorization_header` if the request has `authorization` more than once
   */
  header(name: string): string | undefined
  /**
   * The whole body, which handlers can still read afterwards.
   *
   * @param limit the most bytes. Default: `BODY_LIMIT`
   * @throws AuthError `body_too_large`; `parse_error` if it breaks off
   */
  body(limit?: number): Promise<Uint8Array>
  /**
   * Passes the body, part by part, to a function, and keeps it for handlers alone. An adapter whose `body()` keeps nothing else has no
   * such method.
   *
   * @throws AuthError `body_too_large`; `parse_error` if it breaks off
   */
  scanBody?(take: (part: Uint8Array) => void, limit?: number): Promise<void>
  /** Whether a framework has parsed the body and kept no bytes: `body()` is serialized again, and not what the client has sent. */
  readonly isBodyRewritten?: boolean
  /** `body`, for an endpoint: nothing reads the body afterwards, so nothing keeps it. */
  takeBody?(): Promise<Uint8Array>
  /**
   * The whole body, which can still be read afterwards. `undefined` if that is impossible, or the body is too large; an
   * adapter that can never do it has no such method.
   */
  peek?(): Promise<Uint8Array | undefined>
}

export type Header = readonly [name: string, value: string]

/** A finished response. Its body is the same for HEAD: adapters send the length alone (RFC 9110 §9.3.2). */
export interface AuthReply {
  readonly status: number
  readonly headers: readonly Header[]
  readonly body: string
  /** In place of a body: parts that are produced as fast as the client reads them, and not at all for HEAD. */
  readonly parts?: AsyncIterable<string> | undefined
}

/** The most bytes that a request's body may have: these are forms of a few short fields (rule D1). */
export const BODY_LIMIT = 65_536
