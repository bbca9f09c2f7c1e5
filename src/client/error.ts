export type AuthErrorCode =
  | 'invalid_credentials'
  | 'second_factor_required'
  | 'invalid'
  | 'throttled'
  | 'unavailable'
  | 'network'
  | 'timeout'
  | 'session_ended'
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

export interface AuthErrorDetails {
  readonly status?: number | undefined
  readonly retryAfter?: number | undefined
  readonly fields?: Readonly<Record<string, readonly string[]>> | undefined
  readonly ticket?: string | undefined
  readonly methods?: readonly string[] | undefined
  readonly cause?: unknown
}

/** Every error that the client throws on purpose. The message contains no secret. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
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

  constructor(code: AuthErrorCode, message: string, details: AuthErrorDetails = {}) {
    super(message)
    this.code = code
    Object.assign(this, details)
    Object.defineProperty(this, BRAND, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return BRAND in Object(value)
  }
}

export const closed = (): AuthError => new AuthError('closed', 'The client is closed.')

export const late = (cause?: unknown): AuthError =>
  new AuthError('timeout', 'The server did not answer in time.', { cause })
