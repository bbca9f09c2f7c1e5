import { AuthError, ERRORS } from '../base/errors.ts'
import { type Answer, json } from './answer.ts'
import { PLAIN_JSON, type Rendering } from './negotiation.ts'
import type { AuthReply, Header } from './request.ts'

/** @param headers of the endpoint, whatever it answers */
export function replyOf(
  answer: Answer,
  rendering: Rendering = PLAIN_JSON,
  headers: readonly Header[] = [],
): AuthReply {
  const { type, body } = contentOf(answer, rendering)
  const contentType = type === undefined ? [] : [['Content-Type', type] as const]
  return {
    status: answer.status,
    headers: [
      ...contentType,
      ['Cache-Control', answer.cacheControl],
      ...headers,
      ...answer.headers,
    ],
    body,
  }
}

interface RenderedContent {
  readonly type: string | undefined
  readonly body: string
}

function contentOf({ content, status }: Answer, rendering: Rendering): RenderedContent {
  switch (content.kind) {
    case 'value':
      return {
        type: rendering.contentType,
        body: rendering.textOf(content.value, status),
      }
    case 'text':
      return { type: content.mediaType, body: content.text }
    case 'empty':
      return { type: undefined, body: '' }
  }
}

/** The only place where an `AuthError` becomes an answer. @param challenge for errors that have none of their own */
export function errorAnswer(error: AuthError, challenge?: string): Answer {
  const challenges = error.challenges ?? [challenge].filter((each) => each !== undefined)
  return json(error.body ?? { detail: error.detail, ...codeOf(error) }, {
    status: statusOf(error, challenges),
    headers: [...challengeHeaders(error, challenges), ...retryHeaders(error)],
  })
}

export const errorReply = (error: AuthError, challenge?: string): AuthReply =>
  replyOf(errorAnswer(error, challenge))

function codeOf({ code }: AuthError): { readonly code?: string } {
  const row = ERRORS[code]
  return 'code' in row ? { code: row.code } : {}
}

/** A 401 must have a challenge (RFC 9110 §15.5.2): without one it is a 403 (specification 6.1). */
const statusOf = ({ status }: AuthError, challenges: readonly string[]): number =>
  status === 401 && challenges.length === 0 ? 403 : status

function challengeHeaders(
  { status }: AuthError,
  challenges: readonly string[],
): readonly Header[] {
  if (status !== 401) return []
  return challenges.map((each) => ['WWW-Authenticate', each])
}

function retryHeaders({ retryAfter }: AuthError): readonly Header[] {
  if (retryAfter === undefined) return []
  return [['Retry-After', String(Math.ceil(retryAfter))]]
}

/** Errors that say something about the instance and not about the request. */
const INTERNAL: ReadonlySet<string> = new Set(['invalid_config', 'invalid_key'])

/** The error that the client sees: any but an `AuthError` about its request is a `server_error`. */
export function authErrorFrom(error: unknown): AuthError {
  if (error instanceof AuthError && !INTERNAL.has(error.code)) return error
  return new AuthError('server_error', undefined, { cause: error })
}

export const methodNotAllowed = (method: string): AuthError =>
  new AuthError('method_not_allowed', undefined, {
    detail: `Method "${method}" not allowed.`,
  })
