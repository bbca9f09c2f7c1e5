import { EXPLANATION, explanationOf } from './explained.ts'
import { jsonText } from './json-text.ts'
import { listOf, withoutUndefined } from './optional.ts'

/**
 * Every error of this library, by its code. The list is closed: a new code comes with a new minor version.
 *
 * `status` and `detail` are what the client gets, unless the error has a `detail` of its own. `code` is the `code` member of
 * the body; Simple JWT sends it for some errors only.
 */
export const ERRORS = {
  // A token that the engine rejects. Several faults may share one code.
  malformed: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  too_large: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  unsupported_alg: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  unsupported_header: {
    status: 401,
    detail: 'Token is invalid',
    code: 'token_not_valid',
  },
  unknown_key: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  bad_signature: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  expired: { status: 401, detail: 'Token is expired', code: 'token_not_valid' },
  not_yet_valid: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  invalid_claim: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  wrong_issuer: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  wrong_audience: { status: 401, detail: 'Token is invalid', code: 'token_not_valid' },
  wrong_type: { status: 401, detail: 'Token has wrong type', code: 'token_not_valid' },
  revoked: { status: 401, detail: 'Token is blacklisted', code: 'token_not_valid' },

  // A fault of the configuration. Clients get no details.
  invalid_key: { status: 500, detail: 'A server error occurred.' },
  invalid_config: { status: 500, detail: 'A server error occurred.' },
  wrong_secret: { status: 500, detail: 'A server error occurred.' },

  // Authentication.
  no_active_account: {
    status: 401,
    detail: 'No active account found with the given credentials',
  },
  account_gone: { status: 401, detail: 'No active account found for the given token.' },
  password_changed: {
    status: 401,
    detail: "The user's password has been changed.",
    code: 'password_changed',
  },
  user_not_found: { status: 401, detail: 'User not found', code: 'user_not_found' },
  user_inactive: { status: 401, detail: 'User is inactive', code: 'user_inactive' },
  bad_authorization_header: {
    status: 401,
    detail: 'Authorization header must contain two space-delimited values',
    code: 'bad_authorization_header',
  },
  not_authenticated: {
    status: 401,
    detail: 'Authentication credentials were not provided.',
  },
  authentication_failed: { status: 401, detail: 'Incorrect authentication credentials.' },

  /** The password was right, and a second factor is required. A 403, so that clients without support for it see a failure. */
  mfa_required: {
    status: 403,
    detail: 'A second factor is required.',
    code: 'mfa_required',
  },

  /** The credentials are valid, and the sign-in behind them is too old or too weak for the route (RFC 9470). */
  insufficient_user_authentication: {
    status: 401,
    detail: 'A more recent or a stronger sign-in is required.',
    code: 'insufficient_user_authentication',
  },

  /** A token that is bound to a key, and comes without a proof of it (RFC 9449 §7.2). */
  bound_token: {
    status: 401,
    detail: 'The token is bound to a key: it needs the scheme DPoP and a proof.',
    code: 'token_not_valid',
  },
  /** A proof of a key that is missing, wrong, too old, for another request or used before (RFC 9449 §5, §7.1). */
  invalid_dpop_proof: {
    status: 401,
    detail: 'The DPoP proof is missing or invalid.',
    code: 'invalid_dpop_proof',
  },
  /** A proof needs the nonce of the header `DPoP-Nonce` (RFC 9449 §8). */
  use_dpop_nonce: {
    status: 401,
    detail: 'The DPoP proof needs the nonce of the header DPoP-Nonce.',
    code: 'use_dpop_nonce',
  },

  /** A signed request whose signature is missing, wrong, too old, of another request or used before (RFC 9421 §3.2). */
  invalid_signature: {
    status: 401,
    detail: 'The signature of the request is invalid.',
    code: 'invalid_signature',
  },

  // The request (Django REST framework's error classes).
  invalid: { status: 400, detail: 'Invalid input.' },
  /** A one-time code that is wrong, expired, exhausted, redeemed or superseded: the answer does not show which. */
  invalid_code: {
    status: 400,
    detail: 'The code is invalid or has expired.',
    code: 'invalid_code',
  },
  /** A sign-in that its provider has not confirmed: the log says why. */
  provider_refused: {
    status: 400,
    detail: 'The provider did not confirm the sign-in.',
    code: 'provider_refused',
  },
  /** A first sign-in with a provider, by a person whose email address another account has. */
  account_exists: {
    status: 409,
    detail: 'An account with this email address exists. Sign in to it first.',
    code: 'account_exists',
  },
  parse_error: { status: 400, detail: 'Malformed request.' },
  // OAuth 2.1 (RFC 6749 §5.2, RFC 8707 §2, RFC 6750 §3.1).
  invalid_request: { status: 400, detail: 'The request is malformed.' },
  invalid_client: { status: 401, detail: 'The application could not be authenticated.' },
  invalid_grant: {
    status: 400,
    detail:
      'The code or refresh token is invalid, expired, revoked, or of another application.',
  },
  unauthorized_client: {
    status: 400,
    detail: 'The application may not use this grant type.',
  },
  unsupported_grant_type: { status: 400, detail: 'The grant type is not supported.' },
  /** Of the endpoint that revokes (RFC 7009 §2.2.1). */
  unsupported_token_type: {
    status: 400,
    detail:
      'A token that was exchanged cannot be revoked by itself. Let it expire, or end the session of the token that was presented for it.',
  },
  invalid_scope: {
    status: 400,
    detail: 'A scope is unknown, malformed, or more than was granted.',
  },
  invalid_target: { status: 400, detail: 'The resource is unknown or not allowed.' },
  // Of a registration (RFC 7591 §3.2.2).
  invalid_redirect_uri: { status: 400, detail: 'A redirect URI is not allowed.' },
  invalid_client_metadata: {
    status: 400,
    detail: 'The metadata of the application is not valid.',
  },
  // Of the token endpoint to a device that polls (RFC 8628 §3.5).
  authorization_pending: { status: 400, detail: 'The user has not answered yet.' },
  slow_down: {
    status: 400,
    detail: 'Poll less often: add five seconds to the interval.',
  },
  access_denied: { status: 400, detail: 'The user has not allowed it.' },
  expired_token: { status: 400, detail: 'The device code has expired.' },
  /** A token of an application lacks a scope of the route, or the route is not for applications. */
  insufficient_scope: {
    status: 403,
    detail: 'The token lacks a scope that is required.',
    code: 'insufficient_scope',
  },
  csrf_failed: { status: 403, detail: 'CSRF Failed' },
  permission_denied: {
    status: 403,
    detail: 'You do not have permission to perform this action.',
  },
  not_found: { status: 404, detail: 'Not found.' },
  method_not_allowed: { status: 405, detail: 'Method not allowed.' },
  not_acceptable: { status: 406, detail: 'Could not satisfy the request Accept header.' },
  body_too_large: { status: 413, detail: 'The request body is too large.' },
  unsupported_media_type: { status: 415, detail: 'Unsupported media type in request.' },
  throttled: { status: 429, detail: 'Request was throttled.' },
  server_error: { status: 500, detail: 'A server error occurred.' },
  busy: { status: 503, detail: 'The server is busy. Try again shortly.' },
  /** Another service, such as a provider to sign in with, does not answer in time. */
  temporarily_unavailable: {
    status: 503,
    detail: 'The provider cannot be reached. Try again shortly.',
    code: 'temporarily_unavailable',
  },
  store_unavailable: {
    status: 503,
    detail: 'The store cannot be reached. Try again shortly.',
    code: 'unavailable',
  },
  // `watchword/verify`, which checks tokens that another service issues.
  keys_unavailable: {
    status: 503,
    detail: 'The keys of the issuer cannot be read. Try again shortly.',
  },
  revocations_unavailable: {
    status: 503,
    detail: 'The revocations of the issuer cannot be read. Try again shortly.',
  },
} as const satisfies Record<string, { status: number; detail: string; code?: string }>

export type ErrorCode = keyof typeof ERRORS

export interface AuthErrorOptions {
  /** The `detail` of the body. Default: the one of `ERRORS`. */
  readonly detail?: string
  /** The whole body, for field errors and token messages. Default: `{ detail, code? }`. */
  readonly body?: object
  /** Seconds until a retry can succeed, sent as `Retry-After` (RFC 9110 §10.2.3). Default of a 503: one second. */
  readonly retryAfter?: number
  /** The challenges of a 401, in order (RFC 9110 §11.6.1). Empty: the first scheme has none, so the status becomes 403 as in DRF. */
  readonly challenges?: readonly string[]
  /** Further headers of the answer. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly cause?: unknown
}

type Report = (error: AuthError) => void

/** Also for another copy of this module, as `BRAND`. */
const REPORT = Symbol.for('watchword.report')

const reportOf = (error: AuthError): Report | undefined => Reflect.get(error, REPORT)

/** Calls `report` if the error is answered by `toResponse()` and its answer has no details, as that of a wrong configuration. */
export function reportIfAnswered(error: unknown, report: Report): void {
  if (!(error instanceof AuthError) || error.status !== 500) return
  // Not enumerable: it belongs to no copy of the error and to no comparison.
  if (reportOf(error) === undefined)
    Object.defineProperty(error, REPORT, { value: report })
}

/** Marks an error also for another copy of this module: a bundler may put an adapter and the instance into files with one each. */
const BRAND = Symbol.for('watchword.AuthError')

/** The error class of this library. `message` and `cause` go to the log, never to a client. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: ErrorCode
  readonly detail: string
  readonly body: object | undefined
  readonly retryAfter: number | undefined
  readonly challenges: readonly string[] | undefined
  readonly headers: NonNullable<AuthErrorOptions['headers']>

  /** @param message for the log. Default: the detail */
  constructor(code: ErrorCode, message?: string, options: AuthErrorOptions = {}) {
    const { detail = ERRORS[code].detail, cause } = options
    super(message ?? detail, cause === undefined ? {} : { cause })
    this.code = code
    this.detail = detail
    this.body = options.body
    this.retryAfter = options.retryAfter ?? retryAfterOf(code)
    this.challenges = options.challenges
    this.headers = options.headers ?? []
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: a subclass inherits this function
    if (this !== AuthError)
      return Function.prototype[Symbol.hasInstance].call(this, value)
    // biome-ignore-end lint/complexity/noThisInStatic: only there
    return typeof value === 'object' && value !== null && BRAND in value
  }

  get [BRAND](): true {
    return true
  }

  /** A copy with the challenges of a route's schemes. */
  withChallenges(challenges: readonly string[]): AuthError {
    const { code, message, detail, body, retryAfter, headers, cause } = this
    return new AuthError(code, message, {
      detail,
      challenges,
      headers,
      cause,
      ...withoutUndefined({ body, retryAfter }),
    })
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  /**
   * The answer to the request: 401 with the challenges of the route's schemes, 403, 429 or 503 with `Retry-After`, and so
   * on, with the body `{ detail }`. If the first scheme has no challenge, a 401 becomes a 403.
   */
  toResponse(): Response {
    reportOf(this)?.(this)
    const { status, headers, value } = errorAnswer(this, [challengeOf(this)])
    return new Response(jsonText(value), {
      status,
      headers: [
        ['Content-Type', 'application/json'],
        ['Cache-Control', 'no-store'],
        ...headers.map(([name, text]): [string, string] => [name, text]),
      ],
    })
  }
}

/** A client that gets a 503 can retry, also if a function of the options threw the error. */
function retryAfterOf(code: ErrorCode): number | undefined {
  if (ERRORS[code].status === 503) return 1
  return undefined
}

/** The challenge of a 401 that no guard has thrown (RFC 6750 §3). */
const BEARER_CHALLENGE = 'Bearer realm="api"'

function challengeOf(error: AuthError): string {
  if (isRefusedToken(error)) return refusedChallengeOf(BEARER_CHALLENGE)
  return BEARER_CHALLENGE
}

/** The challenge for a token that was presented and refused (RFC 6750 §3.1). */
export const refusedChallengeOf = (challenge: string): string =>
  `${challenge}, error="invalid_token"`

/** The `code` members of such an error. Of requests without a token, or with a header that has none, RFC 6750 wants no error. */
const REFUSED_TOKEN: readonly string[] = [
  'token_not_valid',
  'user_not_found',
  'user_inactive',
  'password_changed',
]

/** Whether an error says that a request's token was refused. */
export const isRefusedToken = (error: AuthError): boolean =>
  REFUSED_TOKEN.includes(codeOf(error).code ?? '')

/** An answer that is not rendered yet. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The JSON value of the body. */
  readonly value: object
}

/** The only place where an `AuthError` becomes an answer. @param byDefault the challenges of an error that has none of its own */
export function errorAnswer(error: AuthError, byDefault: readonly string[]): ErrorAnswer {
  const { challenges = byDefault, body, detail, retryAfter } = error
  const status = statusOf(error, challenges)
  const headers: (readonly [name: string, value: string])[] = [
    ...listOf(retryAfter).map(
      (seconds) => ['Retry-After', String(Math.ceil(seconds))] as const,
    ),
    ...listOf(explanationOf(error)).map((text) => [EXPLANATION, text] as const),
    ...error.headers,
  ]
  if (status === 401 || error.code === 'insufficient_scope')
    headers.unshift(...challengeHeaders(challenges))
  return { status, headers, value: body ?? { detail, ...codeOf(error) } }
}

const challengeHeaders = (challenges: readonly string[]): ErrorAnswer['headers'] =>
  challenges.map((challenge) => ['WWW-Authenticate', challenge] as const)

function codeOf({ code }: AuthError): { readonly code?: string } {
  const row = ERRORS[code]
  if ('code' in row) return { code: row.code }
  return {}
}

/** A 401 must have a challenge (RFC 9110 §15.5.2): without one it is a 403, as in Django REST framework. */
export function statusOf({ status }: AuthError, challenges: readonly string[]): number {
  if (status === 401 && challenges.length === 0) return 403
  return status
}

/** An error in the options, which stops the start. @param message what is wrong, what was expected, what to write instead */
export const configError = (message: string, cause?: unknown): AuthError =>
  new AuthError('invalid_config', message, { cause })
