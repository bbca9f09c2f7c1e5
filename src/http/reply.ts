import { AuthError, errorAnswer } from '../base/errors.ts'
import { listOf } from '../base/optional.ts'
import { type Answer, json } from './answer.ts'
import { PLAIN_JSON, type Rendering } from './negotiation.ts'
import type { AuthReply, Header } from './request.ts'

/** @param headers of every answer of the endpoint */
export function replyOf(
  answer: Answer,
  rendering: Rendering = PLAIN_JSON,
  headers: readonly Header[] = [],
): AuthReply {
  const { type, ...content } = contentOf(answer, rendering)
  const all: Header[] = [
    ['Cache-Control', answer.cacheControl],
    ...headers,
    ...answer.headers,
  ]
  if (type !== undefined) all.unshift(['Content-Type', type])
  return { status: answer.status, headers: all, ...content }
}

interface RenderedContent extends Pick<AuthReply, 'body' | 'parts'> {
  readonly type: string | undefined
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
    case 'parts':
      return { type: content.mediaType, body: '', parts: content.parts }
    case 'empty':
      return { type: undefined, body: '' }
  }
}

/** @param challenge for a 401 that has none of its own */
export function errorReply(
  error: AuthError,
  challenge?: string,
  rendering?: Rendering,
  headers?: readonly Header[],
): AuthReply {
  const { value, ...options } = errorAnswer(error, listOf(challenge))
  return replyOf(json(value, options), rendering, headers)
}

/** Errors that say something about the instance and not about the request. */
const INTERNAL: ReadonlySet<string> = new Set([
  'invalid_config',
  'invalid_key',
  'wrong_secret',
])

/** The error that the client sees: any but an `AuthError` about its request is a `server_error`. */
export function authErrorFrom(error: unknown): AuthError {
  if (error instanceof AuthError && !INTERNAL.has(error.code)) return error
  return new AuthError('server_error', undefined, { cause: error })
}

export const methodNotAllowed = (method: string): AuthError =>
  new AuthError('method_not_allowed', undefined, {
    detail: `Method "${method}" not allowed.`,
  })
