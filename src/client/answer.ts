import { claimsOf, isRecord } from './claims.ts'
import { AuthError, type AuthErrorCode } from './error.ts'
import type { Session } from './kept.ts'
import type { Settings } from './settings.ts'
import type { SignedOutReason } from './types.ts'

/** The answer of an own endpoint. */
export interface Answer {
  readonly status: number
  /** `{}` if it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
  /** Seconds. */
  readonly retryAfter: number | undefined
}

/** Seconds between 1 and 300. */
export function retryAfterOf(text: string | null, now: number): number | undefined {
  if (!text) return undefined
  const seconds = Number(text) || (Date.parse(text) - now) / 1000
  return Math.min(Math.max(seconds, 1), 300) || undefined
}

/** What an answer that is no success means. @param of401 what a 401 means there */
export function errorOf(answer: Answer, of401: AuthErrorCode): AuthError {
  const { status, body, retryAfter } = answer
  const code = codeOf(answer, of401)
  const text = MESSAGES[code] ?? 'The server refused the request'
  return new AuthError(code, `${text} (${status}).`, {
    status,
    retryAfter,
    cause: body,
    ...(code === 'invalid' && { fields: fieldsOf(body) }),
    ...(code === FACTOR && {
      ticket: body.ticket as string,
      methods: body.methods as string[],
    }),
  })
}

const FACTOR = 'second_factor_required'

/** The members that are lists of texts. */
const fieldsOf = (body: object): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(body).filter(([, texts]) => Array.isArray(texts)))

function codeOf({ status, body }: Answer, of401: AuthErrorCode): AuthErrorCode {
  if (status === 403) return body.code === 'mfa_required' ? FACTOR : 'forbidden'
  if (status >= 500) return 'unavailable'
  return BY_STATUS[status] ?? (status === 401 ? of401 : 'refused')
}

const BY_STATUS: Readonly<Record<number, AuthErrorCode>> = {
  400: 'invalid',
  429: 'throttled',
}

const MESSAGES: { readonly [Code in AuthErrorCode]?: string } = {
  invalid_credentials: 'Wrong name or password',
  [FACTOR]: 'A second factor is required: signIn({ ticket, code })',
  invalid: 'Invalid: see fields',
  throttled: 'Too many requests: see retryAfter',
  unavailable: 'The server is not available',
}

/** What a successful answer brings. @throws AuthError `refused` */
export function sessionOf(
  { status, body }: Answer,
  transport: Settings['transport'],
  at: number,
  before?: Session,
): Session {
  const { access, refresh = before?.refresh, claims, csrfToken: csrf, user } = body
  const isToken = typeof access === 'string'
  const isExpected = {
    body: isToken,
    cookie: isToken || typeof csrf === 'string',
    session: !isToken && (isRecord(user) || 'id' in body),
  }
  if (status >= 300 || !isExpected[transport])
    throw new AuthError('refused', NO_TOKENS, { status, cause: body })
  const described = isToken ? claimsOf(access) : (claims ?? user ?? body)
  return {
    access: access as string | undefined,
    refresh: transport === 'body' ? (refresh as string | undefined) : undefined,
    claims: isRecord(described) ? described : {},
    at,
    csrf: csrf as string | undefined,
  }
}

const NO_TOKENS = 'The answer does not fit the option transport.'

/** Whether a refused refresh says that the session has ended. A proxy's page does not. */
export const isDefinite = ({ status, body }: Answer): boolean =>
  status === 401 ? typeof body.detail === 'string' : status === 400 && 'refresh' in body

/** Why a session has ended, by the refusal of its refresh token. */
export function reasonOf({ body: { code, detail } }: Answer): SignedOutReason {
  const text = `${code} ${detail}`
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown'
}

const REASONS: readonly (readonly [RegExp, SignedOutReason])[] = [
  [/password/, 'passwordChanged'],
  [/blacklisted/, 'revoked'],
  [/expired/, 'expired'],
  [/active|not.found/, 'userInactive'],
]
