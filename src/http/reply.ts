import { REFUSALS, Refusal } from '../base/errors.ts'
import type { AuthReply } from './request.ts'
import { jsonText } from './json-text.ts'
import { ANSWER_TYPE } from './negotiation.ts'

export type Header = readonly [name: string, value: string]

export interface ReplyTerms {
  /** On every answer: the methods of the endpoint. */
  readonly headers?: readonly Header[]
  readonly indent?: number
}

/** A JSON answer that nobody stores: most of them bear a token, and those that do not could (D21). */
export const replyWith = (status: number, body: unknown, { headers = [], indent = 0 }: ReplyTerms = {}): AuthReply => ({
  status,
  headers: [['Content-Type', ANSWER_TYPE], ['Cache-Control', 'no-store'], ...headers],
  body: jsonText(body, indent),
})

/** The only place where a refusal becomes an answer. */
export function replyToRefusal(refusal: Refusal, challenge: string | undefined, terms: ReplyTerms = {}): AuthReply {
  const challenges = refusal.challenges ?? (challenge === undefined ? [] : [challenge])
  const row = REFUSALS[refusal.code]
  const code = 'code' in row ? { code: row.code } : {}
  // Where no scheme has a challenge to make, a 401 would be against RFC 9110 §15.5.2 (specification 6.1).
  const status = row.status === 401 && challenges.length === 0 ? 403 : row.status
  const headers: Header[] = [...(terms.headers ?? [])]
  if (status === 401) headers.push(...challenges.map((each) => ['WWW-Authenticate', each] as const))
  if (refusal.retryAfter !== undefined) headers.push(['Retry-After', String(Math.ceil(refusal.retryAfter))])
  return replyWith(status, refusal.body ?? { detail: refusal.detail, ...code }, { ...terms, headers })
}

/** Any error: a refusal as it is, everything else as one that says nothing. */
export const refusalFrom = (error: unknown): Refusal =>
  error instanceof Refusal && error.code !== 'config_refused' && error.code !== 'key_refused'
    ? error
    : new Refusal('server_error', undefined, { cause: error })

/** The answer to whatever was thrown. What is no refusal is told to `failed`; that must not fail in its turn. */
export function replyToError(
  error: unknown,
  challenge: string | undefined,
  failed: (error: unknown) => void,
  terms: ReplyTerms = {},
): AuthReply {
  const refusal = refusalFrom(error)
  if (refusal.code === 'server_error') {
    try {
      failed(error)
    } catch {
      // The answer matters more than its line in a log (rule D8).
    }
  }
  return replyToRefusal(refusal, challenge, terms)
}

export const methodNotAllowed = (method: string): Refusal =>
  new Refusal('method_not_allowed', undefined, { detail: `Method "${method}" not allowed.` })
