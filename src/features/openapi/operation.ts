import type { AuthError, ErrorCode } from '../../base/errors.ts'
import { BODY_TYPES } from '../../http/body.ts'
import { bodySchemaOf } from '../../http/body-schema.ts'
import type { Description } from '../../http/description.ts'
import type { Access, Method, MethodHandler } from '../../http/endpoint.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import { requiresSignIn } from '../../permissions/permission.ts'
import type { Surface, SurfaceEndpoint } from '../core.ts'
import type { Components } from './components.ts'
import { exampleOf } from './example.ts'
import { responsesOf } from './responses.ts'
import { PUBLIC, type Security, securityOf } from './security.ts'

type Handler = MethodHandler<string>

export interface OperationOf {
  readonly method: Method
  readonly handler: Handler
  readonly endpoint: SurfaceEndpoint
  readonly description: Description
  /** Unique in the document. */
  readonly operationId: string
}

/** The Operation Object of a method of an endpoint (OpenAPI 3.1.0 §4.8.10). */
export function operationOf(
  of: OperationOf,
  surface: Surface,
  components: Components,
): object {
  const { description, operationId } = of
  const parameters = queryOf(description)
  const body = bodySchemaOf(of.handler, description)
  return {
    operationId,
    summary: description.summary,
    ...(description.description !== undefined && {
      description: description.description,
    }),
    security: securityOfOperation(of, surface, components),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBody(of, body, components) }),
    responses: responsesOf(answersOf(of, body !== undefined, surface), components),
  }
}

const queryOf = ({ query = {} }: Description): readonly object[] =>
  Object.entries(query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    schema,
  }))

function requestBody(
  { operationId }: OperationOf,
  body: JsonSchema,
  components: Components,
): object {
  const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Request`
  const schema = components.namedSchema(name, body)
  const example = exampleOf(body)
  return {
    required: isRequired(body),
    content: Object.fromEntries(
      BODY_TYPES.map((type) => [
        type,
        type === 'application/json' ? { schema, example } : { schema },
      ]),
    ),
  }
}

const isRequired = ({ required, anyOf }: JsonSchema): boolean =>
  required !== undefined || anyOf !== undefined

function securityOfOperation(
  { endpoint, handler, method }: OperationOf,
  { authentication, security }: Surface,
  components: Components,
): Security {
  const access = isPublic(handler) ? endpoint : handler
  if (isPublic(access)) return PUBLIC
  const schemes = access.authentication as typeof authentication | undefined
  return securityOf(
    {
      schemes: schemes ?? authentication,
      isOptional: admitsAnonymous(access),
      changes: method !== 'GET',
    },
    security,
    components,
  )
}

const isPublic = ({ authentication, requirement }: Access): boolean =>
  authentication === undefined && requirement === undefined

const admitsAnonymous = ({ requirement }: Access): boolean =>
  typeof requirement === 'function' && !requiresSignIn(requirement)

function answersOf(of: OperationOf, hasBody: boolean, { signInAnswers }: Surface) {
  const { endpoint, description } = of
  const errors = [...errorsOf(of, hasBody), ...(description.errors ?? [])]
  return {
    answers: endpoint.isCustom ? customAnswers(description) : description.answers,
    errors,
    stopped: description.signsIn === true ? signInAnswers() : {},
    errorFor: (error: AuthError) => endpoint.errorFor?.(error) ?? error,
  }
}

/** What a handler of the application answers is not known. */
const customAnswers = ({ answers }: Description): Description['answers'] =>
  Object.fromEntries(
    Object.entries(answers).map(([status, each]) => [
      status,
      each.schema === undefined ? each : { ...each, schema: { type: 'object' } },
    ]),
  )

/** The errors of every endpoint of its kind. */
function errorsOf({ endpoint, handler }: OperationOf, hasBody: boolean) {
  const { count = true, ignoresAccept = false } = endpoint
  const isGuarded = !isPublic(endpoint) || !isPublic(handler)
  const reads = hasBody || handler.fields !== undefined
  return [
    ...(reads ? BODY : []),
    ...(isGuarded ? GUARD : []),
    ...(isGuarded || count ? COUNTED : []),
    ...(ignoresAccept ? [] : NEGOTIATED),
    'method_not_allowed',
    'store_unavailable',
  ] satisfies ErrorCode[]
}

const BODY: readonly ErrorCode[] = [
  'invalid',
  'parse_error',
  'body_too_large',
  'unsupported_media_type',
]
const GUARD: readonly ErrorCode[] = ['not_authenticated', 'permission_denied']
const COUNTED: readonly ErrorCode[] = ['throttled']
const NEGOTIATED: readonly ErrorCode[] = ['not_found', 'not_acceptable']
