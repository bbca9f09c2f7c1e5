import { claimsOf } from './claims.ts'
import type { Answer, Core } from './core.ts'
import { AuthError, type AuthErrorCode } from './error.ts'
import type { Session } from './stored-state.ts'
import type { SignedOutReason } from './types.ts'

/** Seconds between 1 and 300. */
export function retryAfterOf(text: string | null, now: number): number | undefined {
  const seconds = Number(text) || (Date.parse(text ?? '') - now) / 1000
  return Math.min(Math.max(seconds, 1), 300) || undefined
}

/** The error of an answer that is not a success. @param of401 the code for a 401 */
export function errorOfAnswer(answer: Answer, of401: AuthErrorCode): AuthError {
  const { body: cause, ...rest } = answer
  const { ticket, methods } = cause as { ticket: string; methods: string[] }
  const fields = answer.status === 400 && { fields: fieldsOf(cause) }
  const code = codeOf(answer, of401)
  return new AuthError(code, {
    ...rest,
    cause,
    ...fields,
    ...(ticket && { ticket, methods }),
  })
}

/** The members that are lists of messages. */
const fieldsOf = (body: object): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(body).filter(([, texts]) => Array.isArray(texts)))

function codeOf({ status, body }: Answer, of401: AuthErrorCode): AuthErrorCode {
  if (body.code === 'mfa_required') return 'second_factor_required'
  if (status >= 500) return 'unavailable'
  const codes: Readonly<Record<number, AuthErrorCode>> = {
    400: 'invalid',
    401: of401,
    403: 'forbidden',
    429: 'throttled',
  }
  return codes[status] ?? 'refused'
}

/** The session in a successful answer. @throws AuthError `refused` if the answer has none */
export function sessionOf<U>(core: Core<U>, answer: Answer, before?: Session): Session {
  const { status, body } = answer
  const session = (core.received ?? sessionIn)(body, before)
  if (status < 300 && session) return { ...session, at: core.clock.wall() }
  throw new AuthError('refused', { status, cause: body })
}

/** A server that does not rotate answers without `refresh`. */
function sessionIn(body: Answer['body'], before?: Session): Session | false {
  const { access, refresh = before?.refresh } = body as Partial<Record<string, string>>
  return typeof access === 'string' && { access, refresh, claims: claimsOf(access) }
}

/** Whether a failed refresh proves that the session has ended; an error page of a proxy does not. */
export const isEnd = ({ status, body }: Answer): boolean =>
  (status === 401 && typeof body.detail === 'string') ||
  (status === 400 && 'refresh' in body)

/** Why a session has ended, from the error that the refresh returned. */
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
