import type { RequestListener } from 'node:http'
import { NodeRequest, send } from '../adapters/node-request.ts'
import { empty, json } from '../http/answer.ts'
import { answer } from '../http/description.ts'
import { type Endpoint, endpoint, guardedEndpoint } from '../http/endpoint.ts'
import { endpointRouter } from '../http/endpoint-router.ts'
import { closed, text } from '../http/json-schema.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { firstPage } from './first-page.ts'
import type { FirstPageData, NamedPath } from './usage.ts'

export interface ServerRoutesDeps {
  /** The address under which clients reach the server. */
  readonly origin: () => string
  readonly isStopping: () => boolean
  /** Further endpoints. */
  readonly endpoints: readonly Endpoint[]
  /** What to open in a browser, for the first page. */
  readonly pages: readonly NamedPath[]
}

/**
 * Answers every request: the endpoints of the instance, and what the server has beside them: a first page, its health, a
 * guarded example.
 */
export function serverRoutes(
  auth: Watchword<User>,
  { origin, isStopping, endpoints: others, pages }: ServerRoutesDeps,
): RequestListener {
  const internals = internalsOf(auth)
  const { answer: answerOf, browsable, guard, notFound, paths, replyToError } = internals
  const document = [OPENAPI].filter(({ path }) => paths.includes(path))
  const first = firstPageAt(() => ({ origin: origin(), pages: [...pages, ...document] }))
  const health = [live, ready(auth, isStopping)]
  const endpoints = [first, noIcon, ...health, hello, ...others]
  const router = endpointRouter(endpoints, {
    failed: (error) => void replyToError(error),
    guard: () => guard(),
    ...(browsable && { browse: browsable.pagesOf }),
  })
  internals.routes.add(() => browsable?.routesOf(hello) ?? [])
  const reply = async (request: AuthRequest): Promise<AuthReply> =>
    answerOf(request) ?? router(request.url)?.(request) ?? notFound(request)
  return async (request, response) =>
    send(response, await reply(new NodeRequest(request)))
}

/** Their paths, without the last slash. */
export const OWN_PATHS = [
  '/',
  '/favicon.ico',
  '/health/live',
  '/health/ready',
  '/hello',
] as const

const OPENAPI: NamedPath = { name: 'OpenAPI document', path: '/openapi.json' }

/** They answer every client alike, and health checks must not use up a client's rate. */
const SERVICE = { ignoresAccept: true, count: false } as const

const firstPageAt = (data: () => FirstPageData): Endpoint =>
  endpoint({
    ...SERVICE,
    name: 'First Page',
    path: '/',
    methods: { GET: { handle: (_, request) => firstPage(data(), request) } },
  })

/** Browsers ask for it; a 404 would stand in every log. */
const noIcon = endpoint({
  ...SERVICE,
  name: 'Icon',
  path: '/favicon.ico',
  methods: { GET: { handle: () => empty({ cacheControl: 'public, max-age=86400' }) } },
})

const live = endpoint({
  ...SERVICE,
  name: 'Liveness',
  path: '/health/live',
  methods: { GET: { handle: () => ({ status: 'ok' }) } },
})

/** A server that is about to stop is not ready, while it still answers. */
const ready = (auth: Watchword<User>, isStopping: () => boolean): Endpoint =>
  endpoint({
    ...SERVICE,
    name: 'Readiness',
    path: '/health/ready',
    methods: {
      GET: {
        async handle() {
          if (isStopping()) return json({ status: 'down', stopping: true }, UNAVAILABLE)
          const health = await auth.health()
          return json(health, health.status === 'down' ? UNAVAILABLE : {})
        },
      },
    },
  })

const UNAVAILABLE = { status: 503 }

const hello = guardedEndpoint<Principal>()({
  ...SERVICE,
  name: 'Hello',
  path: '/hello/',
  requirement: {},
  methods: {
    GET: {
      describe: () => ({
        operationId: 'hello',
        summary: 'Who is signed in',
        answers: { 200: answer('The name of the user.', closed({ hello: text() })) },
      }),
      handle: (_, __, { principal }) => ({
        hello: principal.user.username,
      }),
    },
  },
})
