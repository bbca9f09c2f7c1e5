import { AuthError, ERRORS, type ErrorCode } from '../../base/errors.ts'
import { closed, type JsonSchema, listOf, named, text } from '../../http/json-schema.ts'

/** The codes that bodies of errors have as `code`, with what they mean. */
export const WIRE_CODES: ReadonlyMap<string, string> = new Map(
  Object.values(ERRORS).flatMap((row): readonly (readonly [string, string])[] =>
    'code' in row ? [[row.code, meaningOf(row)]] : [],
  ),
)

function meaningOf({ code, detail }: { code: string; detail: string }): string {
  // Several errors share this code.
  if (code === 'token_not_valid') return 'A token is invalid, expired or revoked.'
  return detail
}

const CODE = text(
  [...WIRE_CODES].map(([code, meaning]) => `${code}: ${meaning}`).join('\n'),
  { enum: [...WIRE_CODES.keys()] },
)

/** One message for each type of token that is accepted, as Simple JWT has them. */
const MESSAGES = listOf(
  closed({ token_class: text(), token_type: text(), message: text() }),
)

/** Of a sign-in that is too old (RFC 9470). */
const MAX_AGE = { type: 'number', description: 'How old it may be, in seconds.' }

const ACR_VALUES = text('Methods of which the sign-in needs one, separated by blanks.')

export const ERROR = named(
  'Error',
  closed(
    {
      detail: text('For people.'),
      code: CODE,
      messages: MESSAGES,
      max_age: MAX_AGE,
      acr_values: ACR_VALUES,
    },
    ['code', 'messages', 'max_age', 'acr_values'],
  ),
)

/** By field; `non_field_errors` belong to none. */
export const FIELD_ERRORS = named('FieldErrors', {
  type: 'object',
  additionalProperties: listOf(text()),
})

/** Of the endpoints of OAuth (RFC 6749 §5.2). */
const OAUTH_ERROR = named(
  'OAuthError',
  closed({ error: text(), error_description: text('For people.') }),
)

/** The same of a preset, which describes few errors. */
const PLAIN_OAUTH_ERROR = named(
  'PlainOAuthError',
  closed({ error: text(), error_description: text('For people.') }, [
    'error_description',
  ]),
)

const ERROR_LIST = named('ErrorList', listOf(text()))

/** The schema of the body of an error, as an endpoint answers it. */
export function schemaOfError(error: AuthError): JsonSchema {
  const { body, code } = error
  if (Array.isArray(body)) return ERROR_LIST
  if (body === undefined && code !== 'invalid') return ERROR
  if (body !== undefined && 'detail' in body) return ERROR
  if (body !== undefined && 'error_description' in body) return OAUTH_ERROR
  if (body !== undefined && 'error' in body && typeof body.error === 'string')
    return PLAIN_OAUTH_ERROR
  return FIELD_ERRORS
}

export const errorOf = (code: ErrorCode): AuthError => new AuthError(code)

/** The answer to a status, shared by all operations that answer with it. */
export interface SharedResponse {
  readonly name: string
  readonly description: string
  readonly schemas: readonly JsonSchema[]
}

const shared = (
  name: string,
  description: string,
  schemas: readonly JsonSchema[] = [ERROR],
): SharedResponse => ({ name, description, schemas })

export const SHARED: Readonly<Record<number, SharedResponse>> = {
  400: shared('BadRequest', 'Fields are invalid, or the body is malformed.', [
    FIELD_ERRORS,
    ERROR,
  ]),
  401: shared('Unauthorized', 'Credentials are missing or refused.'),
  403: shared('Forbidden', 'The user may not do this.'),
  404: shared('NotFound', 'It does not exist, or `format` in the query is unknown.'),
  405: shared('MethodNotAllowed', 'The path has other methods, which `Allow` names.'),
  406: shared('NotAcceptable', '`Accept` allows no JSON.'),
  413: shared('ContentTooLarge', 'The body is too large.'),
  415: shared('UnsupportedMediaType', 'The media type of the body is unknown.'),
  429: shared('TooManyRequests', 'Try again later, as `Retry-After` says.'),
  500: shared('ServerError', 'An error of the server.'),
  503: shared('ServiceUnavailable', 'Try again shortly, as `Retry-After` says.'),
}
