import type { Awaitable } from '../base/awaitable.ts'
import { type AuthError, configError } from '../base/errors.ts'
import { type Answer, answerOf, json } from './answer.ts'
import { BODY_TYPES, parseBody } from './body.ts'
import { type Access, type Endpoint, METHODS, type MethodHandler } from './endpoint.ts'
import { parseFields } from './fields.ts'
import { negotiate, PLAIN_JSON, type Rendering } from './negotiation.ts'
import type { ParsedBody } from './parsed-body.ts'
import type { PathParameters } from './path-pattern.ts'
import { jsonRenderer, type Renderer } from './renderer.ts'
import { authErrorFrom, errorReply, methodNotAllowed, replyOf } from './reply.ts'
import type { AuthReply, AuthRequest, Header } from './request.ts'
import { createRouter } from './router.ts'

export interface EndpointDeps {
  /** The challenge of a 401 that has none of its own. */
  readonly challenge?: string
  /** Receives every error that is not about the request. What it throws is dropped. */
  readonly failed: (error: unknown, request: AuthRequest) => void
  /** Counts a request to a public endpoint. @throws AuthError `throttled` */
  readonly count?: (request: AuthRequest) => Awaitable<void>
  /** Makes the browsable API of an endpoint, if that is on. */
  readonly browse?: (endpoint: Endpoint) => EndpointPages | undefined
  /** Makes the guard of an endpoint that is not public. */
  readonly guard?: (access: Access) => (request: AuthRequest) => Awaitable<unknown>
}

/** The browsable API of an endpoint. */
export interface EndpointPages {
  /** @returns `undefined` unless the request is for the page about the endpoint, or for its description */
  answer(request: AuthRequest): Promise<AuthReply> | undefined
  /** What the answer to OPTIONS has besides that of every endpoint. */
  about(): object
}

export interface EndpointRouter {
  /** @returns what answers a request target, if it is an endpoint's; it never rejects */
  (url: string): ((request: AuthRequest) => Promise<AuthReply>) | undefined
  /** Without the last slash; a parameter stands as `:name`. */
  readonly paths: readonly string[]
}

/** @throws AuthError `invalid_config` if two paths overlap, or an endpoint has a requirement and `deps` has no guard */
export function endpointRouter(
  endpoints: readonly Endpoint[],
  deps: EndpointDeps,
): EndpointRouter {
  const router = createRouter(
    endpoints.map((each) => [each.path, new EndpointRoute(each, deps)] as const),
  )
  const find = (url: string): ReturnType<EndpointRouter> => {
    const match = router.find(url)
    return match && ((request) => match.route.reply(request, match.parameters))
  }
  return Object.assign(find, { paths: router.paths })
}

/**
 * Answers in Django REST framework's order: negotiation, guard or throttles, method, body, fields,
 * handler. The first step that throws decides the answer.
 */
class EndpointRoute {
  readonly #endpoint: Endpoint
  readonly #deps: EndpointDeps
  readonly #renderers: readonly Renderer[]
  readonly #handlers: Handlers
  readonly #headers: readonly Header[]
  readonly #admitTo: ReturnType<typeof admission>
  readonly #pages: EndpointPages | undefined
  readonly #description: object

  constructor(endpoint: Endpoint, deps: EndpointDeps) {
    this.#endpoint = endpoint
    this.#deps = deps
    this.#renderers = [jsonRenderer, ...(endpoint.renderers ?? [])]
    this.#handlers = handlersOf(endpoint)
    this.#pages = deps.browse?.(endpoint)
    this.#headers = headersOf(endpoint, this.#handlers, this.#pages !== undefined)
    this.#admitTo = admission(endpoint, deps)
    this.#description = descriptionOf(endpoint, this.#renderers)
  }

  async reply(request: AuthRequest, parameters: PathParameters): Promise<AuthReply> {
    const page = this.#pages?.answer(request)
    if (page !== undefined) return page
    let rendering = PLAIN_JSON
    try {
      if (!this.#endpoint.ignoresAccept) rendering = negotiate(request, this.#renderers)
      const answer = await this.#handle(request, parameters)
      return this.#reporting(replyOf(answer, rendering, this.#headers), request)
    } catch (error) {
      return await this.#replyToError(error, request, rendering)
    }
  }

  /** An error after the first part cannot be answered any more, but the log has it. */
  #reporting(reply: AuthReply, request: AuthRequest): AuthReply {
    const { parts } = reply
    if (parts === undefined) return reply
    return { ...reply, parts: reportedParts(parts, request, this.#deps) }
  }

  async #handle(request: AuthRequest, parameters: PathParameters): Promise<Answer> {
    const handler = this.#handlers.get(request.method)
    const principal = await this.#admitTo(handler)(request)
    if (request.method === 'OPTIONS')
      return json({ ...this.#description, ...this.#pages?.about() })
    if (handler === undefined) throw methodNotAllowed(request.method)
    const { fields, body } = await fieldsOf(handler, request)
    const context = { parameters, principal, body }
    return answerOf(await handler.handle(fields, request, context))
  }

  async #replyToError(
    error: unknown,
    request: AuthRequest,
    rendering: Rendering,
  ): Promise<AuthReply> {
    const shown = reported(error, request, this.#deps)
    try {
      const page = await this.#endpoint.errorAnswer?.(shown, request)
      if (page !== undefined) return replyOf(page, PLAIN_JSON, this.#headers)
      const answered = this.#endpoint.errorFor?.(shown) ?? shown
      return errorReply(answered, this.#deps.challenge, rendering, this.#headers)
    } catch (fault) {
      const fallback = reported(fault, request, this.#deps)
      return errorReply(fallback, undefined, PLAIN_JSON, this.#headers)
    }
  }
}

type Handlers = ReadonlyMap<string, MethodHandler<string>>

/** The handlers by method. A map, so that a method named like a member of `Object.prototype` finds nothing. */
function handlersOf({ methods }: Endpoint): Handlers {
  const handlers = new Map<string, MethodHandler<string>>()
  for (const method of METHODS) {
    const handler = methods[method]
    if (handler !== undefined) handlers.set(method, handler)
  }
  const get = handlers.get('GET')
  if (get !== undefined) handlers.set('HEAD', get)
  return handlers
}

/** The headers of every answer of the endpoint, errors included. */
function headersOf(
  { renderers = [] }: Endpoint,
  handlers: Handlers,
  hasPages: boolean,
): readonly Header[] {
  const allow: Header = ['Allow', [...handlers.keys(), 'OPTIONS'].join(', ')]
  if (renderers.length === 0 && !hasPages) return [allow]
  return [allow, ['Vary', 'Accept']]
}

function descriptionOf(
  { name, methods }: Endpoint,
  renderers: readonly Renderer[],
): object {
  const renders = renderers.map(({ mediaType }) => mediaType)
  const hasFields = Object.values(methods).some(({ fields }) => fields !== undefined)
  if (!hasFields) return { name, renders }
  return { name, renders, parses: BODY_TYPES }
}

async function fieldsOf(
  { fields: shape }: MethodHandler<string>,
  request: AuthRequest,
): Promise<{
  readonly fields: Readonly<Record<string, string>>
  readonly body: ParsedBody | undefined
}> {
  if (shape === undefined) return { fields: {}, body: undefined }
  const body = await parseBody(request)
  const fields = parseFields(typeof shape === 'function' ? shape(body) : shape, body)
  return { fields, body }
}

type Admit = (request: AuthRequest) => Awaitable<unknown>

/** Returns the check that a request must pass before a handler. The guard of each handler is made once. */
function admission(
  endpoint: Endpoint,
  deps: EndpointDeps,
): (handler: MethodHandler<string> | undefined) => Admit {
  const common = admitWith(endpoint, endpoint, deps)
  const own = new Map<MethodHandler<string>, Admit>()
  for (const handler of Object.values(endpoint.methods))
    if (!isPublic(handler)) own.set(handler, admitWith(handler, endpoint, deps))
  return (handler) => (handler && own.get(handler)) ?? common
}

function admitWith(
  access: Access,
  { name, count = true }: Endpoint,
  deps: EndpointDeps,
): Admit {
  if (!isPublic(access)) {
    if (deps.guard === undefined)
      throw configError(
        `The endpoint "${name}" has a requirement: pass a "guard" to its router.`,
      )
    return deps.guard(access)
  }
  return async (request) => {
    if (count) await deps.count?.(request)
  }
}

const isPublic = ({ authentication, requirement }: Access): boolean =>
  authentication === undefined && requirement === undefined

async function* reportedParts(
  parts: AsyncIterable<string>,
  request: AuthRequest,
  deps: EndpointDeps,
): AsyncGenerator<string> {
  try {
    yield* parts
  } catch (error) {
    reported(error, request, deps)
    throw error
  }
}

/** The error for the client. If it is a fault of the server, `failed` is called first. */
function reported(
  error: unknown,
  request: AuthRequest,
  { failed }: EndpointDeps,
): AuthError {
  const shown = authErrorFrom(error)
  if (shown.code !== 'server_error') return shown
  try {
    failed(error, request)
  } catch {
    // A broken log must not cost the client its answer (rule D8).
  }
  return shown
}
