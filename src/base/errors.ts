/**
 * Every way in which this library says no. The list is closed: a new code is a new minor version.
 *
 * `says` is the `detail` on the wire unless a refusal brings its own; `code` is the wire's `code`, where the wire has one.
 */
export const ERRORS = {
  // A token, read by the engine. The names are error classes: several faults may share one.
  malformed: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  too_large: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  unsupported_alg: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  unsupported_header: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  unknown_key: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  bad_signature: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  expired: { status: 401, says: 'Token is expired', code: 'token_not_valid' },
  not_yet_valid: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  invalid_claim: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  wrong_issuer: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  wrong_audience: { status: 401, says: 'Token is invalid', code: 'token_not_valid' },
  wrong_type: { status: 401, says: 'Token has wrong type', code: 'token_not_valid' },
  revoked: { status: 401, says: 'Token is blacklisted', code: 'token_not_valid' },

  // Configuration, at the start. Never on the wire.
  invalid_key: { status: 500, says: 'The key cannot be used.' },
  invalid_config: { status: 500, says: 'The configuration cannot be used.' },

  // Who is asking.
  no_active_account: {
    status: 401,
    says: 'No active account found with the given credentials',
  },
  account_gone: { status: 401, says: 'No active account found for the given token.' },
  password_changed: {
    status: 401,
    says: "The user's password has been changed.",
    code: 'password_changed',
  },
  user_not_found: { status: 401, says: 'User not found', code: 'user_not_found' },
  user_inactive: { status: 401, says: 'User is inactive', code: 'user_inactive' },
  bad_authorization_header: {
    status: 401,
    says: 'Authorization header must contain two space-delimited values',
    code: 'bad_authorization_header',
  },
  not_authenticated: {
    status: 401,
    says: 'Authentication credentials were not provided.',
  },
  authentication_failed: { status: 401, says: 'Incorrect authentication credentials.' },

  // What is asked (Django REST framework's error classes).
  invalid: { status: 400, says: 'Invalid input.' },
  parse_error: { status: 400, says: 'Malformed request.' },
  csrf_failed: { status: 403, says: 'CSRF Failed' },
  permission_denied: {
    status: 403,
    says: 'You do not have permission to perform this action.',
  },
  not_found: { status: 404, says: 'Not found.' },
  method_not_allowed: { status: 405, says: 'Method not allowed.' },
  not_acceptable: { status: 406, says: 'Could not satisfy the request Accept header.' },
  body_too_large: { status: 413, says: 'The request body is too large.' },
  unsupported_media_type: { status: 415, says: 'Unsupported media type in request.' },
  throttled: { status: 429, says: 'Request was throttled.' },
  server_error: { status: 500, says: 'A server error occurred.' },
  busy: { status: 503, says: 'The server is busy. Try again shortly.' },
  store_unavailable: {
    status: 503,
    says: 'The store cannot be reached. Try again shortly.',
  },
  // Of a service that checks tokens issued elsewhere.
  keys_unavailable: {
    status: 503,
    says: 'The keys of the issuer cannot be had. Try again shortly.',
  },
  revocations_unavailable: {
    status: 503,
    says: 'Whether the token was revoked cannot be known. Try again shortly.',
  },
} as const satisfies Record<string, { status: number; says: string; code?: string }>

export type ErrorCode = keyof typeof ERRORS

export interface AuthErrorOptions {
  /** The `detail` on the wire, where it is not the table's. */
  readonly detail?: string
  /** The whole body on the wire, where it is not `{ detail, code? }`: field errors, token messages. */
  readonly body?: object
  /** Seconds to wait before trying again; with `throttled`, `busy` and `store_unavailable`. */
  readonly retryAfter?: number
  /** What a 401 challenges with, in this order; none where the first scheme asked has none, and then it is a 403. */
  readonly challenges?: readonly string[]
  readonly cause?: unknown
}

/** The one error this library throws on purpose. `message` and `cause` are for the log, never for the wire. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: ErrorCode
  readonly detail: string
  readonly body: object | undefined
  readonly retryAfter: number | undefined
  readonly challenges: readonly string[] | undefined

  constructor(code: ErrorCode, note?: string, options: AuthErrorOptions = {}) {
    super(
      note ?? options.detail ?? ERRORS[code].says,
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.code = code
    this.detail = options.detail ?? ERRORS[code].says
    this.body = options.body
    this.retryAfter = options.retryAfter
    this.challenges = options.challenges
  }

  /** The same refusal, of a route whose schemes challenge so. */
  withChallenges(challenges: readonly string[]): AuthError {
    const { code, message, detail, body, retryAfter, cause } = this
    return new AuthError(code, message, {
      detail,
      challenges,
      cause,
      ...(body === undefined ? {} : { body }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    })
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** An error of the configuration: stops the start. @param message what is wrong, what was expected, what to write */
export const configError = (message: string, cause?: unknown): AuthError =>
  new AuthError('invalid_config', message, { cause })
