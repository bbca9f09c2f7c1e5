import type { Awaitable } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { parseForm } from './form-body.ts'
import { parseJson } from './json-body.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { parseMultipart } from './multipart-body.ts'
import { collectFields, type ParsedBody } from './parsed-body.ts'
import type { AuthRequest } from './request.ts'

type Parser = (bytes: Uint8Array, type: MediaType) => Awaitable<ParsedBody>

const PARSERS: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ['application/json', parseJson],
  ['application/x-www-form-urlencoded', parseForm],
  ['multipart/form-data', parseMultipart],
])

/** The media types that a body may have. */
export const BODY_TYPES: readonly string[] = [...PARSERS.keys()]

/**
 * Parses the body of a request. An empty body of any type is an empty object.
 *
 * @throws AuthError `unsupported_media_type`, also for a compressed body (rule D4); `parse_error`; `invalid` if it is JSON but
 *   not an object; `body_too_large`
 */
export async function parseBody(request: AuthRequest): Promise<ParsedBody> {
  const contentType = request.header('content-type') ?? ''
  const encoding = request.header('content-encoding') ?? 'identity'
  const bytes = await (request.takeBody?.() ?? request.body())
  if (bytes.length === 0) return collectFields(new Map())
  if (encoding.trim().toLowerCase() !== 'identity')
    throw unsupported(`content encoding "${encoding}"`)
  const type = parseMediaType(contentType)
  const parse = PARSERS.get(type.type)
  if (parse === undefined || !isUtf8(type.parameters.get('charset')))
    throw unsupported(`media type "${contentType}"`)
  return parse(bytes, type)
}

const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)

const unsupported = (what: string): AuthError =>
  new AuthError('unsupported_media_type', undefined, {
    detail: `Unsupported ${what} in request.`,
  })
