import type { AuthError, ErrorCode } from '../../base/errors.ts'
import { accessOf } from '../../guard/endpoint-requirement.ts'
import { BODY_TYPES } from '../../http/body.ts'
import { bodySchemaOf } from '../../http/body-schema.ts'
import type { Answers, Description } from '../../http/description.ts'
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
  { operationId, description: { mediaTypes = BODY_TYPES } }: OperationOf,
  body: JsonSchema,
  components: Components,
): object {
  const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Request`
  const schema = components.namedSchema(name, body)
  const example = exampleOf(body)
  const contents = mediaTypes.map((type) => {
    if (type !== 'application/json') return [type, { schema }] as const
    return [type, { schema, example }] as const
  })
  return { required: isRequired(body), content: Object.fromEntries(contents) }
}

const isRequired = ({ required, anyOf }: JsonSchema): boolean =>
  required !== undefined || anyOf !== undefined

function securityOfOperation(
  { endpoint, handler, method }: OperationOf,
  { authentication, security }: Surface,
  components: Components,
): Security {
  const access = accessOf(handler, endpoint)
  if (access === undefined) return PUBLIC
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

const admitsAnonymous = ({ requirement }: Access): boolean =>
  typeof requirement === 'function' && !requiresSignIn(requirement)

function answersOf(of: OperationOf, hasBody: boolean, surface: Surface) {
  const { endpoint, description } = of
  return {
    answers: ownAnswers(of),
    errors: [...errorsOf(of, hasBody), ...(description.errors ?? [])],
    stopped: stoppedAnswers(description, surface),
    errorFor: (error: AuthError) => endpoint.errorFor?.(error) ?? error,
  }
}

/** What a handler of the application answers is not known. */
function ownAnswers({ endpoint, description }: OperationOf): Answers {
  const { answers } = description
  if (!endpoint.isCustom) return answers
  return Object.fromEntries(
    Object.entries(answers).map(([status, { schema, ...rest }]) => [
      status,
      { ...rest, ...(schema && { schema: { type: 'object' } }) },
    ]),
  )
}

function stoppedAnswers({ signsIn }: Description, { signInAnswers }: Surface): Answers {
  if (signsIn !== true) return {}
  return signInAnswers()
}

/** The errors of every endpoint of its kind. */
function errorsOf({ endpoint, handler, description }: OperationOf, hasBody: boolean) {
  const { count = true, ignoresAccept = false } = endpoint
  const isGuarded = accessOf(handler, endpoint) !== undefined
  const reads = hasBody || handler.fields !== undefined
  const kinds: readonly (readonly [applies: boolean, codes: readonly ErrorCode[]])[] = [
    [reads, BODY],
    // An endpoint with types of its own refuses others in its own way.
    [reads && description.mediaTypes === undefined, ['unsupported_media_type']],
    [isGuarded, ['not_authenticated', 'permission_denied']],
    [isGuarded || count, ['throttled']],
    [!ignoresAccept, ['not_found', 'not_acceptable']],
    [true, ['method_not_allowed', 'store_unavailable']],
  ]
  return kinds.filter(([applies]) => applies).flatMap(([, codes]) => codes)
}

const BODY: readonly ErrorCode[] = ['invalid', 'parse_error', 'body_too_large']
