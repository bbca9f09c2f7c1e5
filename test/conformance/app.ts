import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { guardOf, NodeRequest, send } from '../../src/adapters/node.ts'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import type { TokenUser } from '../../src/authentication/token-user.ts'
import { negotiate } from '../../src/endpoints/negotiation.ts'
import type { Principal } from '../../src/permissions/principal.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'

/** An application of the kind that the recorded servers were: two guarded views, and two that tell who is asking. */
export function application(auth: Watchword<User>): RequestListener {
  const guard = guardOf(auth)
  // As upstream: a stateless user is what the token says until it expires (D12).
  const stateless = { schemes: [statelessBearer({ revocation: false })] } as const
  const views = new Map<string, RequestListener>([
    ['/hello/', guard(hello)],
    ['/hello/jwt/', guard({ schemes: [bearer()] }, hello)],
    ['/hello-stateless/', guard(stateless, hello)],
    ['/whoami/', whoever(auth, { schemes: [bearer()] }, aboutUser)],
    ['/whoami/stateless/', whoever(auth, stateless, aboutTokenUser)],
  ])
  return (request, response) => {
    const url = request.url ?? ''
    if (auth.owns(url)) return
    const view = views.get(url.replace(/\?.*$/, ''))
    if (view === undefined) return json(response, 404, { detail: 'Not found.' })
    response.setHeader('Allow', 'GET, HEAD, OPTIONS')
    try {
      negotiate(new NodeRequest(request))
    } catch (error) {
      return send(response, auth.refuse(error))
    }
    view(request, response)
  }
}

const hello = (request: IncomingMessage, response: ServerResponse): void =>
  reads(request, response, { message: 'Hello, World!' })

/** A view for anybody; bad credentials are refused all the same. */
const whoever =
  <U>(
    auth: Watchword<User>,
    need: { readonly schemes: readonly Scheme<U>[] },
    about: (who: Principal<U> | undefined) => object,
  ): RequestListener =>
  (request, response) => {
    const asked = new NodeRequest(request)
    auth
      .check(asked, need)
      .then((who) => reads(request, response, about(who as Principal<U> | undefined)))
      .catch((error: unknown) => send(response, auth.refuse(error)))
  }

const NOBODY = {
  authenticated: false,
  id: null,
  username: '',
  is_active: false,
  is_staff: false,
  is_superuser: false,
  by: null,
}

const aboutUser = (who: Principal<User> | undefined): object =>
  who === undefined ? NOBODY : about(who.user, 'JWTAuthentication')

const aboutTokenUser = (who: Principal<TokenUser> | undefined): object =>
  who === undefined ? NOBODY : about(who.user, 'JWTStatelessUserAuthentication')

const about = ({ id, username, active, staff, superuser }: User | TokenUser, by: string): object => ({
  authenticated: true,
  id: id === null ? null : String(id),
  username,
  is_active: active,
  is_staff: staff,
  is_superuser: superuser,
  by,
})

/** Answers GET, HEAD and OPTIONS, and refuses other methods. */
function reads({ method = '' }: IncomingMessage, response: ServerResponse, body: object): void {
  const answers: { readonly [method: string]: object } = { GET: body, HEAD: body, OPTIONS: { name: 'Hello' } }
  const answer = answers[method]
  json(response, answer === undefined ? 405 : 200, answer ?? { detail: `Method "${method}" not allowed.` })
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
