import '../base/node-version.ts'

import type { NextRequest } from 'next/server.js'
import { AuthError, configError } from '../base/errors.ts'
import type { RouteFacts, RouteInfo } from '../guard/route-info.ts'
import { FetchRequest, targetOf, toResponse } from '../http/fetch-request.ts'
import type { AuthRequest } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import {
  guardFactory,
  listDeclared,
  markRoute,
  renderedFor,
  renderedResponse,
  runGuard,
  varied,
} from './guarding.ts'

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
export type GuardedRequest<U, Right extends string> = NextRequest & {
  readonly auth: Principal<U, Right>
}
/** `Context` is the route's: `{ params }`, as `RouteContext<'/posts/[id]'>` has it. */
export type GuardedHandler<U, Right extends string, Context> = (
  request: GuardedRequest<U, Right>,
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
  const { guard, handle, route } = guardFactory(auth, args)
  listDeclared(auth, route)
  const { browse, rendering } = route
  const guarded: Handler<Context> = async (request, context) => {
    const admit = (principal: Principal<unknown, Right>) =>
      handle(Object.assign(request, { auth: principal }), context)
    const seen = new FetchRequest(request)
    const facts = () => factsOf(auth, request, context, route)
    const onError = (error: unknown): Response => {
      // Next handles everything else that is thrown: redirect(), notFound() and unexpected errors.
      if (error instanceof AuthError) return toResponse(replyToError(error))
      throw error
    }
    if (rendering?.wants(seen)) {
      const principal = await renderedFor(guard, seen, rendering)
      if (principal !== undefined) {
        const answered = await runGuard(() => principal, seen, admit, onError)
        return renderedResponse(answered, (each) => rendering.page(seen, facts, each))
      }
    }
    const shown = browse?.(seen, facts)
    if (shown !== undefined) return toResponse(await shown, request.method)
    const answered = runGuard(guard, seen, admit, onError)
    if (browse === undefined) return answered
    await facts()
    return varied(await answered)
  }
  return markRoute(guarded, route)
}

/** The methods that were seen of each path of an instance's routes: Next does not show which a module exports. */
const SEEN = new WeakMap<object, Map<string, Map<string, RouteInfo>>>()

/** Records the route, too. */
async function factsOf(
  auth: object,
  request: Request,
  context: unknown,
  route: RouteInfo,
): Promise<RouteFacts> {
  const pattern = await patternOf(request, context)
  const paths = SEEN.get(auth) ?? new Map<string, Map<string, RouteInfo>>()
  SEEN.set(auth, paths)
  const seen = paths.get(pattern) ?? new Map<string, RouteInfo>()
  paths.set(pattern, seen)
  seen.set(request.method === 'HEAD' ? 'GET' : request.method, route)
  const methods = [...seen].map(([method, each]) => ({ method, route: each }))
  return { pattern, methods }
}

/** `/notes/1` with `{ id: '1' }` is `/notes/[id]`. */
async function patternOf(request: Request, context: unknown): Promise<string> {
  const { params } = (context ?? {}) as { readonly params?: Promise<object> | object }
  const values = Object.entries((await params) ?? {})
  const segments = new URL(request.url).pathname.split('/')
  return segments
    .map((segment) => {
      const name = values.find(([, value]) => value === decoded(segment))?.[0]
      if (name === undefined) return segment
      return `[${name}]`
    })
    .join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * The user of the page that is rendered; `undefined` without valid credentials, or if another site may have sent the request
 * (with a session cookie).
 */
export async function currentUser<U, Right extends string>(
  auth: Watchword<U, Right>,
): Promise<U | undefined> {
  try {
    return (await auth.authenticate(await currentRequest()))?.user as U | undefined
  } catch (error) {
    if (error instanceof AuthError && isAnonymous(error)) return undefined
    throw error
  }
}

const isAnonymous = ({ status, code }: AuthError): boolean =>
  status === 401 || code === 'csrf_failed'

/**
 * The user, if the requirement is met; for pages and server actions. With the option `pages` and the scheme `session()` a browser that is
 * not signed in is redirected to the page to sign in.
 *
 * @param next where that page comes back to, such as `/notes`: Next does not show the path of a page. Default: the option `pages.home`
 * @throws what `unauthorized()` and `forbidden()` throw if `experimental.authInterrupts` is on: Next shows its page with a
 *   401 or 403. If it is off, and for all other statuses, the `AuthError`
 */
export async function requireUser<
  U,
  Right extends string,
  const N extends Requirement<U, Right> = Right,
>(
  auth: Watchword<U, Right>,
  requirement?: N,
  { next }: { readonly next?: string } = {},
): Promise<PrincipalUser<N, U>> {
  try {
    return (await auth.require(await currentRequest(), requirement as never))
      .user as PrincipalUser<N, U>
  } catch (error) {
    if (error instanceof AuthError)
      await interrupt(error, signInPathFor(error, auth, next))
    throw error
  }
}

/** The request for `auth.authenticate` and `auth.require` in pages and server actions, where Next provides none. */
export async function currentRequest(): Promise<AuthRequest> {
  const { headers } = await import('next/headers.js')
  return requestOf(new Headers(await headers()))
}

/**
 * A request of which only the headers are known: Next shows neither its method nor its path, and a route handler may answer any
 * method. Permissions that read the method fail.
 */
export const requestOf = (headers: Headers): AuthRequest => new RequestOfHeaders(headers)

class RequestOfHeaders extends FetchRequest {
  readonly isRead: boolean

  constructor(headers: Headers) {
    super(new Request('http://next.invalid/', { headers }))
    this.isRead = isReadOfBrowser(headers)
  }

  override get method(): string {
    throw configError(NO_METHOD)
  }
}

const NO_METHOD =
  'This permission reads the method of the request, and the headers() of Next do not show the method. In a route handler, write ' +
  'guard(auth, requirement, handler). In a page or a server action, require a permission string, such as requireUser(auth, "posts.change").'

/**
 * Whether the request is a navigation, or a script's GET of this origin, as Next sends for React Server Components.
 *
 * Scripts cannot set `Sec-Fetch-*`. A browser's GET has no Origin within its own origin and at navigations, its other
 * methods have one (Fetch §3.2), and the body of a form has a type.
 */
function isReadOfBrowser(headers: Headers): boolean {
  if (CHANGING.some((name) => headers.has(name))) return false
  return (
    headers.get('sec-fetch-mode') === 'navigate' ||
    headers.get('sec-fetch-site') === 'same-origin'
  )
}
const CHANGING = ['origin', 'content-type', 'next-action']

/** Where a user who is not signed in is sent; `undefined` for other errors. */
function signInPathFor<U, Right extends string>(
  { status, code }: AuthError,
  auth: Watchword<U, Right>,
  next: string | undefined,
): string | undefined {
  if (status === 401 && code !== 'insufficient_user_authentication')
    return internalsOf(auth).signInPath?.(next)
  return undefined
}

async function interrupt(
  error: AuthError,
  signInPath: string | undefined,
): Promise<void> {
  const { forbidden, redirect, unauthorized } = await import('next/navigation.js')
  if (signInPath !== undefined) redirect(signInPath)
  const show = { 401: unauthorized, 403: forbidden }[error.status]
  try {
    show?.()
  } catch (interruption) {
    // Without a digest it is Next's error that the experiment is off.
    if ((interruption as { digest?: unknown }).digest !== undefined) throw interruption
  }
}
