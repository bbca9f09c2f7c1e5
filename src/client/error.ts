export type AuthErrorCode =
  | 'invalid_credentials'
  | 'second_factor_required'
  | 'invalid'
  | 'throttled'
  | 'unavailable'
  | 'network'
  | 'timeout'
  | 'forbidden'
  | 'superseded'
  | 'storage'
  | 'proof_key_lost'
  | 'not_supported'
  | 'cancelled'
  | 'closed'
  | 'refused'

/** Marks an error also for another copy of this module. */
const BRAND = Symbol.for('watchword.client.AuthError')

/** Every error that the client throws on purpose. The message contains no secret. */
export class AuthError extends Error {
  declare readonly code: AuthErrorCode
  /** Of the answer, if there was one. */
  declare readonly status?: number
  /** Seconds until a retry can succeed. */
  declare readonly retryAfter?: number
  /** Of `invalid`: texts by field. */
  declare readonly fields?: Readonly<Record<string, readonly string[]>>
  /** Of `second_factor_required`: for `signIn({ ticket, code })`. */
  declare readonly ticket?: string
  /** Of `second_factor_required`: such as `totp`, `passkey`. */
  declare readonly methods?: readonly string[]

  /** The message is the code, and where it is explained: texts of each would be a tenth of the client. */
  constructor(
    code: AuthErrorCode,
    details?: { [Name in keyof AuthError]?: AuthError[Name] | undefined },
  ) {
    super(`${code}: see docs/client.md`)
    Object.assign(this, { name: 'AuthError', [BRAND]: true, ...details, code })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return BRAND in Object(value)
  }
}
