import { AuthError, ERRORS } from '../base/errors.ts'
import { jsonText } from './json-text.ts'
import { ANSWER_TYPE } from './negotiation.ts'
import type { AuthReply } from './request.ts'

export type Header = readonly [name: string, value: string]

export interface ReplyOptions {
  /** On every answer: the methods of the endpoint. */
  readonly headers?: readonly Header[]
  readonly indent?: number
}

/** A JSON answer that nobody stores: most of them bear a token, and those that do not could (D21). */
export const jsonReply = (
  status: number,
  body: unknown,
  { headers = [], indent = 0 }: ReplyOptions = {},
): AuthReply => ({
  status,
  headers: [['Content-Type', ANSWER_TYPE], ['Cache-Control', 'no-store'], ...headers],
  body: jsonText(body, indent),
})

/** The only place where a refusal becomes an answer. */
export function errorReply(
  error: AuthError,
  challenge: string | undefined,
  terms: ReplyOptions = {},
): AuthReply {
  const challenges = error.challenges ?? (challenge === undefined ? [] : [challenge])
  const row = ERRORS[error.code]
  const code = 'code' in row ? { code: row.code } : {}
  // Where no scheme has a challenge to make, a 401 would be against RFC 9110 §15.5.2 (specification 6.1).
  const status = row.status === 401 && challenges.length === 0 ? 403 : row.status
  const headers: Header[] = [...(terms.headers ?? [])]
  if (status === 401)
    headers.push(...challenges.map((each) => ['WWW-Authenticate', each] as const))
  if (error.retryAfter !== undefined)
    headers.push(['Retry-After', String(Math.ceil(error.retryAfter))])
  return jsonReply(status, error.body ?? { detail: error.detail, ...code }, {
    ...terms,
    headers,
  })
}

/** Any error: a refusal as it is, everything else as one that says nothing. */
export const authErrorFrom = (error: unknown): AuthError =>
  error instanceof AuthError &&
  error.code !== 'invalid_config' &&
  error.code !== 'invalid_key'
    ? error
    : new AuthError('server_error', undefined, { cause: error })

/** The answer to whatever was thrown. What is no refusal is told to `failed`; that must not fail in its turn. */
export function replyToThrown(
  error: unknown,
  challenge: string | undefined,
  failed: (error: unknown) => void,
  terms: ReplyOptions = {},
): AuthReply {
  const refusal = authErrorFrom(error)
  if (refusal.code === 'server_error') {
    try {
      failed(error)
    } catch {
      // The answer matters more than its line in a log (rule D8).
    }
  }
  return errorReply(refusal, challenge, terms)
}

export const methodNotAllowed = (method: string): AuthError =>
  new AuthError('method_not_allowed', undefined, {
    detail: `Method "${method}" not allowed.`,
  })
