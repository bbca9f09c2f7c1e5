/** The application that a token was issued to (RFC 9068 §2.2). */
export interface ClientPrincipal {
  /** Its `client_id`. */
  readonly id: string
}
