import type { RequestListener } from 'node:http'
import { NodeRequest, send } from '../adapters/node-request.ts'
import { content, json } from '../http/answer.ts'
import { type Endpoint, endpoint, guardedEndpoint } from '../http/endpoint.ts'
import { endpointRouter } from '../http/endpoint-router.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'

export interface ServerRoutesDeps {
  /** The address under which clients reach the server. */
  readonly origin: () => string
  readonly isStopping: () => boolean
  /** Further endpoints. */
  readonly endpoints: readonly Endpoint[]
  /** What to open in a browser, for the first page. */
  readonly pages: readonly NamedPath[]
}

export interface NamedPath {
  readonly name: string
  readonly path: string
}

/**
 * Answers every request: the endpoints of the instance, and what the server has beside them: a first page, its health, a
 * guarded example.
 */
export function serverRoutes(
  auth: Watchword<User>,
  { origin, isStopping, endpoints: others, pages }: ServerRoutesDeps,
): RequestListener {
  const { answer: answerOf, guard, notFound, replyToError } = internalsOf(auth)
  const first = firstPage(() => introduction(origin()) + introductionTo(pages))
  const endpoints = [first, live, ready(auth, isStopping), hello, ...others]
  const router = endpointRouter(endpoints, {
    failed: (error) => void replyToError(error),
    guard: () => guard(),
  })
  const answer = async (request: AuthRequest): Promise<AuthReply> =>
    answerOf(request) ?? router(request.url)?.(request) ?? notFound(request)
  return async (request, response) =>
    send(response, await answer(new NodeRequest(request)))
}

/** Their paths, without the last slash. */
export const OWN_PATHS = ['/', '/health/live', '/health/ready', '/hello'] as const

/** They answer every client alike, and health checks must not use up a client's rate. */
const SERVICE = { ignoresAccept: true, count: false } as const

const firstPage = (text: () => string): Endpoint =>
  endpoint({
    ...SERVICE,
    name: 'First Page',
    path: '/',
    methods: {
      GET: { handle: () => content('text/plain; charset=utf-8', text()) },
    },
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
      handle: (_, __, { principal }) => ({
        hello: principal.user.username,
      }),
    },
  },
})

const introduction = (origin: string): string => `watchword: tokens for your API

Sign in:
  curl -s ${origin}/api/token/ -d username=NAME -d password=PASSWORD
Call a guarded route with the access token:
  curl -s ${origin}/hello/ -H "Authorization: Bearer ACCESS"

POST /api/token/             username, password   returns refresh, access
POST /api/token/refresh/     refresh              returns refresh, access; the old refresh token is used up
POST /api/token/verify/      token                200 if the token is valid
POST /api/token/blacklist/   refresh              signs out: revokes refresh and access token
POST /api-token-auth/        username, password   returns token, the same each time
GET  /hello/                 Authorization: Bearer ACCESS, or Token TOKEN
GET  /.well-known/jwks.json  the public keys
GET  /health/ready           the server's health
`

function introductionTo(pages: readonly NamedPath[]): string {
  if (pages.length === 0) return ''
  const lines = pages.map(({ name, path }) => `${path.padEnd(28)} ${name}`)
  return `\nIn a browser:\n${lines.join('\n')}\n`
}
