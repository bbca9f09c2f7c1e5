import '../base/node-version.ts'

import type { NextRequest } from 'next/server.js'
import { AuthError } from '../base/errors.ts'
import { FetchRequest, targetOf, toResponse } from '../http/fetch-request.ts'
import type { AuthRequest } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, runGuard } from './guarding.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** What a route file exports. */
export type Handlers = Readonly<
  Record<(typeof METHODS)[number], (request: Request) => Promise<Response>>
>

/**
 * An instance's endpoints as route handlers, for a catch-all route such as `app/api/[...watchword]/route.ts`.
 *
 * Next hides the connection: without the option `proxies`, throttles count all clients as one.
 */
export function handlers(auth: Pick<Watchword, 'handler'>): Handlers {
  const { owns } = internalsOf(auth)
  const handle = async (request: Request): Promise<Response> => {
    if (!owns(targetOf(request))) return new Response(null, { status: 404 })
    const response = await auth.handler(request)
    // The rest of the body is not read, so the connection cannot be used for another request.
    if (response.status === 413) response.headers.set('Connection', 'close')
    return response
  }
  return Object.fromEntries(METHODS.map((method) => [method, handle])) as Handlers
}

/** A request inside a guarded handler. */
export type Guarded<U, Right extends string> = NextRequest & {
  readonly auth: Principal<U, Right>
}
/** `Context` is the route's: `{ params }`, as `RouteContext<'/posts/[id]'>` has it. */
export type GuardedHandler<U, Right extends string, Context> = (
  request: Guarded<U, Right>,
  context: Context,
) => Response | Promise<Response>
export type Handler<Context> = (
  request: NextRequest,
  context: Context,
) => Promise<Response>

/** Guards a route handler: `export const GET = guard(auth, handler)` or `guard(auth, requirement, handler)`. */
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
  ...args: Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right, Context>>
  >[1]
): Handler<Context> {
  const { replyToError } = internalsOf(auth)
  const { guard, handle } = guardFactory(auth, args)
  return async (request, context) => {
    const admit = (who: Principal<unknown, Right>) =>
      handle(Object.assign(request, { auth: who }), context)
    return runGuard(guard, new FetchRequest(request), admit, (error) => {
      // Next handles everything else that is thrown: redirect(), notFound() and unexpected errors.
      if (error instanceof AuthError) return toResponse(replyToError(error))
      throw error
    })
  }
}

/** The user of the page that is rendered; `undefined` without valid credentials. */
export async function currentUser<U, Right extends string>(
  auth: Watchword<U, Right>,
): Promise<U | undefined> {
  try {
    return (await auth.authenticate(await currentRequest()))?.user as U | undefined
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return undefined
    throw error
  }
}

/**
 * The user, if the requirement is met; for pages and server actions.
 *
 * @throws what `unauthorized()` and `forbidden()` throw if `experimental.authInterrupts` is on: Next shows its page with a
 *   401 or 403. If it is off, and for all other statuses, the `AuthError`
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
    if (error instanceof AuthError) await interrupt(error)
    throw error
  }
}

/** The request for `auth.authenticate` and `auth.require` in pages and server actions, where Next provides none. */
export async function currentRequest(): Promise<AuthRequest> {
  const { headers } = await import('next/headers.js')
  return requestOf(new Headers(await headers()))
}

/**
 * A request of which only the headers are known. A server action's has the header `next-action` or is a form, and its method
 * is POST; a page's is GET.
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
    // Without a digest it is Next's error that the experiment is off.
    if ((interruption as { digest?: unknown }).digest !== undefined) throw interruption
  }
}
