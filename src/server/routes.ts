import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Guard, send } from '../adapters/node.ts'
import { isPromise } from '../base/awaitable.ts'
import { ERRORS } from '../base/errors.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'

/** What the server has beside the endpoints of the instance: a page that teaches, a guarded greeting, the key set. */
export function serverRoutes(
  auth: Watchword<User>,
  guard: Guard<User, string>,
  {
    origin,
    isStopping,
  }: { readonly origin: () => string; readonly isStopping: () => boolean },
): RequestListener {
  const routes = new Map<string, Listener>([
    [
      '',
      reads((_, response) =>
        reply(response, 200, lesson(origin()), 'text/plain; charset=utf-8'),
      ),
    ],
    [
      '/health/live',
      reads((_, response) => json(response, 200, { status: 'ok' }, UNSTORED)),
    ],
    [
      '/health/ready',
      reads(async (_, response) => {
        // Who is about to go sends nobody away: others are asked from now on.
        const health = isStopping() ? STOPPING : await auth.health()
        json(response, health.status === 'down' ? 503 : 200, health, UNSTORED)
      }),
    ],
    [
      '/hello',
      guard(
        reads((request, response) =>
          json(response, 200, { hello: request.auth.user.username }),
        ),
      ),
    ],
  ])
  return (request, response) => {
    const url = request.url ?? ''
    if (auth.owns(url)) return
    const listener =
      routes.get(url.replace(/[?#].*$/s, '').replace(/\/$/, '')) ?? notFound
    const done = listener(request, response)
    if (isPromise(done))
      done.then(undefined, (error) => send(response, auth.replyToError(error)))
  }
}

/** Their paths, without the last slash. */
export const OWN_PATHS = ['/', '/health/live', '/health/ready', '/hello'] as const

const STOPPING = { status: 'down', stopping: true } as const

const UNSTORED = { 'Cache-Control': 'no-store' }

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

const notFound: Listener = (_, response) =>
  json(response, 404, { detail: ERRORS.not_found.detail })

/** A listener for GET and HEAD; other methods are refused. */
const reads =
  <R extends IncomingMessage>(
    listener: (request: R, response: ServerResponse) => unknown,
  ) =>
  (request: R, response: ServerResponse): unknown => {
    if (request.method === 'GET' || request.method === 'HEAD')
      return listener(request, response)
    response.setHeader('Allow', 'GET, HEAD')
    return json(response, 405, { detail: `Method "${request.method}" not allowed.` })
  }

const json = (
  response: ServerResponse,
  status: number,
  body: object,
  headers = {},
): void => reply(response, status, JSON.stringify(body), 'application/json', headers)

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  type: string,
  headers = {},
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

const lesson = (origin: string): string => `watchword: tokens for your API

Sign in:
  curl -s ${origin}/api/token/ -d username=NAME -d password=PASSWORD
Say who you are, with the access token that you got:
  curl -s ${origin}/hello/ -H "Authorization: Bearer ACCESS"

POST /api/token/             username, password   gives refresh, access
POST /api/token/refresh/     refresh              gives refresh, access; the old refresh token is spent
POST /api/token/verify/      token                200 where it holds
POST /api/token/blacklist/   refresh              signs out: refresh and access token are dead
POST /api-token-auth/        username, password   gives token, the same each time
GET  /hello/                 Authorization: Bearer ACCESS, or Token TOKEN
GET  /.well-known/jwks.json  the public keys
GET  /health/ready           how the server is
`
