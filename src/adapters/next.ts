import '../base/node-version.ts'

import type { NextRequest } from 'next/server.js'
import { AuthError } from '../base/errors.ts'
import { FetchRequest } from '../http/fetch-request.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, runGuard } from './guarding.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Handlers = Readonly<
  Record<(typeof METHODS)[number], (request: Request) => Promise<Response>>
>

/**
 * An instance's endpoints as route handlers, for a catch-all route such as `app/api/[...watchword]/route.ts`.
 *
 * Next hides the connection: where no proxy in front is counted (`proxies`), all callers count as one.
 */
export function handlers(auth: Pick<Watchword, 'owns' | 'handler'>): Handlers {
  const handle = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    if (!auth.owns(pathname + search)) return new Response(null, { status: 404 })
    const response = await auth.handler(request)
    // Nobody reads the rest of the body, and so no other request could come behind it.
    if (response.status === 413) response.headers.set('Connection', 'close')
    return response
  }
  return Object.fromEntries(METHODS.map((method) => [method, handle])) as Handlers
}

/** A request behind a guard: who sends it is known. */
export type Guarded<U, Right extends string> = NextRequest & {
  readonly auth: Principal<U, Right>
}
/** `Context` is the route's: `{ params }`, as `RouteContext<'/posts/[id]'>` has it. */
export type GuardedHandler<U, Right extends string, Context> = (
  request: Guarded<U, Right>,
  context: Context,
) => Response | Promise<Response>
type Handler<Context> = (request: NextRequest, context: Context) => Promise<Response>

/** Puts a check in front of a route handler: `export const GET = guard(auth, handler)` or `guard(auth, need, handler)`. */
export function guard<U, Right extends string, Context>(
  auth: Watchword<U, Right>,
  handler: GuardedHandler<U, Right, Context>,
): Handler<Context>
export function guard<
  U,
  Right extends string,
  const N extends Requirement<U, Right>,
  Context,
>(
  auth: Watchword<U, Right>,
  requirement: N,
  handler: GuardedHandler<PrincipalUser<N, U>, Right, Context>,
): Handler<Context>
export function guard<U, Right extends string, Context>(
  auth: Watchword<U, Right>,
  ...told: Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right, Context>>
  >[1]
): Handler<Context> {
  const { guard, handle } = guardFactory(auth, told)
  return async (request, context) => {
    const admit = (who: Principal<unknown, Right>) =>
      handle(Object.assign(request, { auth: who }), context)
    return runGuard(guard, new FetchRequest(request), admit, (error) => {
      // What else is thrown is Next's to read: redirect(), notFound() and faults, which it reports.
      if (isAuthError(error)) return auth.errorResponse(error)
      throw error
    })
  }
}

/** Who asks for the page that is rendered; `undefined` where nobody has signed in, or no longer is. */
export async function currentUser<U, Right extends string>(
  auth: Watchword<U, Right>,
): Promise<U | undefined> {
  try {
    return (await auth.authenticate(await currentRequest()))?.user as U | undefined
  } catch (error) {
    if (isAuthError(error) && error.status === 401) return undefined
    throw error
  }
}

/**
 * Who asks, and may; for pages and server actions.
 *
 * @throws what `unauthorized()` and `forbidden()` throw, where `experimental.authInterrupts` is on: Next shows its page with
 *   a 401 or 403. Where it is off, and for all other answers, the Refusal itself
 */
export async function requireUser<
  U,
  Right extends string,
  const N extends Requirement<U, Right> = Right,
>(auth: Watchword<U, Right>, requirement?: N): Promise<PrincipalUser<N, U>> {
  try {
    return (await auth.require(await currentRequest(), requirement as never))
      .user as PrincipalUser<N, U>
  } catch (error) {
    if (isAuthError(error)) await interrupt(error)
    throw error
  }
}

/** What `auth.require` and `auth.check` take, where Next hands out no request: in pages and server actions. */
export async function currentRequest(): Promise<AuthRequest> {
  const { headers } = await import('next/headers.js')
  return requestOf(new Headers(await headers()))
}

/**
 * A request of which only headers are told. A page is asked for with GET; what an action's request has and a page's has not is
 * its name, or a form: actions change things.
 */
export function requestOf(headers: Headers): AuthRequest {
  const isAction =
    headers.has('next-action') || FORMS.test(headers.get('content-type') ?? '')
  const request = new Request('http://next.invalid/', {
    method: isAction ? 'POST' : 'GET',
    headers,
  })
  return Object.assign(new FetchRequest(request), { comparesOrigin: isAction })
}
const FORMS =
  /^\s*(?:multipart\/form-data|application\/x-www-form-urlencoded|text\/plain)\b/i

async function interrupt(error: AuthError): Promise<void> {
  const { forbidden, unauthorized } = await import('next/navigation.js')
  const show = { 401: unauthorized, 403: forbidden }[error.status]
  try {
    show?.()
  } catch (interruption) {
    // Anything else says that the experiment is off.
    if ((interruption as { digest?: unknown }).digest !== undefined) throw interruption
  }
}

/** Next may bundle this package more than once: a Refusal is then no instance of this copy's. */
const isAuthError = (error: unknown): error is AuthError =>
  error instanceof AuthError ||
  (error instanceof Error && error.name === 'AuthError' && 'challenges' in error)
