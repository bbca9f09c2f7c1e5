import type { Header } from './request.ts'

/** What a handler answers: a value that is rendered as the client accepts it, a text, finished or in parts, or nothing. */
export class Answer {
  readonly status: number
  readonly headers: readonly Header[]
  readonly cacheControl: string
  readonly content: Content

  constructor(content: Content, defaultStatus: number, options: AnswerOptions) {
    const { status = defaultStatus, headers = [], cacheControl = 'no-store' } = options
    this.status = status
    this.headers = headers
    this.cacheControl = cacheControl
    this.content = content
  }
}

type Content =
  | { readonly kind: 'value'; readonly value: object }
  | { readonly kind: 'text'; readonly mediaType: string; readonly text: string }
  | {
      readonly kind: 'parts'
      readonly mediaType: string
      readonly parts: AsyncIterable<string>
    }
  | { readonly kind: 'empty' }

export interface AnswerOptions {
  /** Default 200; of a redirect 302, of an empty answer 204. */
  readonly status?: number
  readonly headers?: readonly Header[]
  /** Default `no-store`: most answers contain a token, and a cache must not keep those (D21). */
  readonly cacheControl?: string
}

/** A value: JSON, or what a renderer of the endpoint makes of it. */
export const json = (value: object, options: AnswerOptions = {}): Answer =>
  new Answer({ kind: 'value', value }, 200, options)

/** A finished text of a media type. */
export const content = (
  mediaType: string,
  text: string,
  options: AnswerOptions = {},
): Answer => new Answer({ kind: 'text', mediaType, text }, 200, options)

export const html = (text: string, options: AnswerOptions = {}): Answer =>
  content('text/html; charset=utf-8', text, options)

/**
 * A text of any length. Adapters ask for the next part when the client has read the one before; if it disconnects they call `return()` of
 * the iterator. An error after the first part closes the connection, so that the client sees that the text is incomplete.
 */
export const streamed = (
  mediaType: string,
  parts: AsyncIterable<string>,
  options: AnswerOptions = {},
): Answer => new Answer({ kind: 'parts', mediaType, parts }, 200, options)

/** @param location a URL or a path; one that comes from a request must have been checked (CWE-601) */
export function redirect(location: string, options: AnswerOptions = {}): Answer {
  const headers = [['Location', location] as const, ...(options.headers ?? [])]
  return new Answer({ kind: 'empty' }, 302, { ...options, headers })
}

export const empty = (options: AnswerOptions = {}): Answer =>
  new Answer({ kind: 'empty' }, 204, options)

/** A handler may return a plain object: it is the body of a 200. */
export function answerOf(result: object): Answer {
  if (result instanceof Answer) return result
  return json(result)
}

/** The value of an answer; `{}` if it has none. */
export function jsonValueOf({ content }: Answer): object {
  if (content.kind !== 'value') return {}
  return content.value
}
