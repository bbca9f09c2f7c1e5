import type { AuthError, ErrorCode } from '../../base/errors.ts'
import type { Answers, DescribedAnswer } from '../../http/description.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import type { Components } from './components.ts'
import { errorOf, SHARED, schemaOfError } from './errors.ts'
import { exampleOf } from './example.ts'

export interface OperationAnswers {
  readonly answers: Answers
  readonly errors: readonly ErrorCode[]
  /** Of what stops a sign-in. */
  readonly stopped: Answers
  /** How the endpoint answers an error. */
  errorFor(error: AuthError): AuthError
}

/** The Responses Object of an operation (OpenAPI 3.1.0 §4.8.16). */
export function responsesOf(
  { answers, errors, stopped, errorFor }: OperationAnswers,
  components: Components,
): object {
  const byStatus = new Map<number, JsonSchema[]>()
  for (const code of errors) {
    const error = errorFor(errorOf(code))
    const schemas = byStatus.get(error.status) ?? []
    byStatus.set(error.status, [...schemas, schemaOfError(error)])
  }
  for (const [status, { schema }] of Object.entries(stopped))
    if (schema !== undefined)
      byStatus.set(+status, [...(byStatus.get(+status) ?? []), schema])
  // Numbers come first in an object, in ascending order.
  const all = Object.fromEntries(
    [...byStatus.keys()].map((status) => [status, undefined]),
  )
  return Object.fromEntries(
    Object.entries<DescribedAnswer | undefined>({ ...all, ...answers }).map(
      ([status, own]) => [
        status,
        responseOf(+status, own, byStatus.get(+status) ?? [], components),
      ],
    ),
  )
}

function responseOf(
  status: number,
  own: DescribedAnswer | undefined,
  errors: readonly JsonSchema[],
  components: Components,
): object {
  const shared = SHARED[status]
  const known = shared?.schemas ?? []
  const isShared = own === undefined && errors.every((each) => known.includes(each))
  if (shared !== undefined && isShared)
    return components.response(shared.name, () =>
      response(status, { description: shared.description }, known, components),
    )
  const { description, schema, ...rest } = own ?? {
    description: shared?.description ?? '',
  }
  const schemas = [...new Set([schema, ...errors])].filter((each) => each !== undefined)
  return response(status, { description, ...rest }, schemas, components)
}

function response(
  status: number,
  { description, mediaType = 'application/json', headers = [] }: DescribedAnswer,
  schemas: readonly JsonSchema[],
  components: Components,
): object {
  const names = ['Cache-Control', 'Allow', ...(HEADERS_OF[status] ?? []), ...headers]
  const [first] = schemas
  const schema = anyOf(schemas)
  return {
    description,
    headers: Object.fromEntries(
      names.map((name) => [name, components.header(keyOf(name), HEADERS[name] ?? {})]),
    ),
    ...(schema !== undefined && {
      content: {
        [mediaType]: {
          schema: components.schema(schema),
          ...(first !== undefined && { example: exampleOf(first) }),
        },
      },
    }),
  }
}

/** @returns `undefined` if there is none */
function anyOf(schemas: readonly JsonSchema[]): JsonSchema | undefined {
  if (schemas.length > 1) return { anyOf: schemas }
  return schemas[0]
}

const HEADERS_OF: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

const headerOf = (description: string, type = 'string'): object => ({
  description,
  schema: { type },
})

const HEADERS: Readonly<Record<string, object>> = {
  'Cache-Control': headerOf('`no-store`, unless the answer is public.'),
  Allow: headerOf('The methods of the path.'),
  'WWW-Authenticate': headerOf('The challenges of the schemes.'),
  'Retry-After': headerOf('Seconds until another attempt can succeed.', 'integer'),
  'Set-Cookie': headerOf('The cookies of the session.'),
}

const keyOf = (name: string): string => name.replaceAll('-', '')
