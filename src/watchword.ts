import { type Admin, createAdmin } from './admin/admin.ts'
import { challengeOf } from './authentication/bearer.ts'
import type { Scheme } from './authentication/scheme.ts'
import type { Awaitable } from './base/awaitable.ts'
import { AuthError } from './base/errors.ts'
import { currentContext, runInContext } from './base/request-context.ts'
import { endpointRequirement } from './guard/endpoint-requirement.ts'
import { createGuard, type Guard } from './guard/guard.ts'
import { guardDeps } from './guard/guard-deps.ts'
import { parseRequirement } from './guard/parse-requirement.ts'
import type { PrincipalUser, Requirement } from './guard/requirement.ts'
import { FetchRequest, type Peer, toResponse } from './http/fetch-request.ts'
import { authErrorFrom, errorReply } from './http/reply.ts'
import type { AuthReply, AuthRequest } from './http/request.ts'
import { IncomingRequestContext } from './instance/incoming-request-context.ts'
import { type Instance, openInstance } from './instance/instance.ts'
import { instanceRouter } from './instance/router.ts'
import { type Health, healthCheck } from './observability/health.ts'
import { type Stats, statsOf } from './observability/stats.ts'
import type { Options } from './options.ts'
import type { Principal } from './permissions/permission.ts'
import type { RightsOf, Roles } from './permissions/rights.ts'
import { parseSettings } from './settings/settings.ts'
import type { User } from './users/user.ts'

export type { PrincipalUser, Requirement } from './guard/requirement.ts'
export type { Health, HealthStatus } from './observability/health.ts'
export type { Stats } from './observability/stats.ts'

/** `U` is what the schemes find out about a user; `Right` what permissions may name (`posts.change`, `role:editor`). */
export interface Watchword<U = User, Right extends string = string> extends Admin {
  /** Whether a request target (path and query) is one of its endpoints'. */
  owns(url: string): boolean
  /** The paths of its endpoints, without the last slash, which may be there or not. */
  readonly paths: readonly string[]
  /** Answers its own endpoints; `undefined` for all other paths. Never rejects. */
  answer(request: AuthRequest): Promise<AuthReply> | undefined
  /** Any fetch runtime. Paths that are not its own get a 404. */
  handler(request: Request, peer?: Peer): Promise<Response>

  /** Who sends this, if anybody does. @throws AuthError where credentials are there and wrong */
  authenticate<
    const N extends {
      readonly schemes?: readonly Scheme<unknown>[] | undefined
    } = DefaultNeed,
  >(
    from: Request | AuthRequest,
    requirement?: N,
  ): Promise<Principal<PrincipalUser<N, U>, Right> | undefined>
  /**
   * Who sends this, and may. Without a need, what the instance's `permissions` ask for.
   *
   * @throws AuthError, which `refuse` turns into the answer
   */
  require<const N extends Requirement<U, Right> = DefaultNeed>(
    from: Request | AuthRequest,
    need?: N,
  ): Promise<Principal<PrincipalUser<N, U>, Right>>
  /**
   * `require` made once for a route: it waits for nothing where nothing has to be waited for.
   *
   * @throws AuthError `invalid_config` at once, where the need names a rate that there is none of
   */
  guard<const N extends Requirement<U, Right> = DefaultNeed>(
    need?: N,
  ): (request: AuthRequest) => Awaitable<Principal<PrincipalUser<N, U>, Right>>
  /** How the instance is, for whoever decides where requests go. Never rejects. */
  health(): Promise<Health>
  /** What it has done since it began and what it does now, in this process; `undefined` before its first use. */
  stats(): Stats | undefined
  /** The answer to a refusal; to any other error a 500 that says nothing, and a line in the log. */
  replyToError(error: unknown): AuthReply
  /** The same for `fetch` handlers. */
  errorResponse(error: unknown): Response

  /** Opens the database and brings it up to date. Runs by itself at first use; here so that a fault shows at the start. */
  migrate(): Promise<void>
  close(): Promise<void>
}

/**
 * Makes an instance. Nothing is opened before somebody asks for something.
 *
 * @throws AuthError `invalid_config` with one sentence that says what to write instead
 */
export function watchword<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
>(options: Options<R, S> = {}): Watchword<UserOf<S>, RightsOf<R>> {
  const settings = parseSettings(options, process.env)
  const { log } = settings
  let instance: Instance | undefined
  let opening: Promise<Instance> | undefined
  let closed = false

  const open = (): Promise<Instance> => {
    if (closed)
      return Promise.reject(
        new AuthError('store_unavailable', 'the instance has been closed'),
      )
    opening ??= openInstance(settings).then(
      (opened) => {
        instance = opened
        return opened
      },
      (error) => {
        // What stood in the way may be gone at the next request.
        opening = undefined
        throw error
      },
    )
    return opening
  }

  const doors = guardDeps(settings)
  /** A gate is made when the house is open; what it asks for is looked at before. */
  const gate = (requirement?: Requirement<never, string>): Guard => {
    const asked = parseRequirement(requirement, settings)
    let made: Guard | undefined
    const furnished = (opened: Instance): Guard => {
      made ??= createGuard(asked(opened), doors)
      return made
    }
    return (request) =>
      instance === undefined
        ? open().then((opened) => furnished(opened)(request))
        : (made ?? furnished(instance))(request)
  }
  const byDefault = gate()
  const guards = new WeakMap<object, Guard>()
  const gatesOfRights = new Map<string, Guard>()
  const gatesOfAnybody = new WeakMap<object, Guard>()
  /** The gate of a need that may come with each request, made once. */
  const kept = <Key>(
    gatesKept: Keeping<Key>,
    key: Key,
    requirement: Requirement<never, string>,
  ): Guard => {
    const known = gatesKept.get(key) ?? gate(requirement)
    gatesKept.set(key, known)
    return known
  }
  const gateFor = (requirement: Requirement<never, string> | undefined): Guard => {
    if (requirement === undefined) return byDefault
    return typeof requirement === 'string'
      ? kept(gatesOfRights, requirement, requirement)
      : kept<object>(guards, requirement, requirement)
  }
  /** Only who it is: nothing is asked and nothing is counted. */
  const gateOfAnybody = (
    schemes: readonly Scheme<unknown>[] = settings.authentication,
  ): Guard =>
    kept<object>(gatesOfAnybody, schemes, { schemes, permissions: [], throttle: [] })

  const challenge = challengeOf(settings)
  const failed = (error: unknown): void =>
    log({ level: 'error', event: 'a request failed', reason: reasonOf(error) })
  const replyToError = (error: unknown): AuthReply => {
    const refusal = authErrorFrom(error)
    if (refusal.code === 'server_error') failed(refusal.cause)
    return errorReply(refusal, challenge)
  }
  const router = instanceRouter(settings, open, {
    challenge,
    failed,
    guard: (access) => gate(endpointRequirement(access)),
  })
  const answer = (request: AuthRequest): Promise<AuthReply> | undefined => {
    const route = router(request.url)
    return (
      route &&
      runInContext(new IncomingRequestContext(request, settings, currentContext()), () =>
        route(request),
      )
    )
  }

  return {
    owns: (url) => router(url) !== undefined,
    paths: router.paths,
    answer,
    async handler(request, peer) {
      const reply = await answer(new FetchRequest(request, peer))
      return toResponse(reply ?? replyToError(new AuthError('not_found')), request.method)
    },
    async authenticate(from, requirement) {
      const who = await gateOfAnybody(requirement?.schemes)(seen(from))
      return who.user === undefined ? undefined : (who as never)
    },
    require: async (from, requirement) =>
      gateFor(requirement as Requirement<never, string> | undefined)(seen(from)) as never,
    guard: (requirement) =>
      (requirement === undefined
        ? byDefault
        : gate(requirement as Requirement<never, string>)) as never,
    replyToError,
    errorResponse: (error) => toResponse(replyToError(error)),
    health: healthCheck(open, {
      hasConfiguredKeys: settings.keys !== undefined,
      revocationMaxAge: settings.revocationMaxAge,
    }),
    stats: () => instance && statsOf(instance),
    ...createAdmin(settings, open),
    migrate: async () => void (await open()),
    async close() {
      closed = true
      await opening?.then((opened) => opened.close()).catch(() => undefined)
    },
  }
}

interface Keeping<Key> {
  get(key: Key): Guard | undefined
  set(key: Key, gate: Guard): unknown
}

type UserOf<S> = S extends Scheme<infer U> ? U : User

/** Where nothing is said of what a route asks for. */
interface DefaultNeed {
  readonly schemes?: undefined
}

const seen = (from: Request | AuthRequest): AuthRequest =>
  from instanceof Request ? new FetchRequest(from) : from

/** What the log says of an error: its kind and text, with the way it took; never a value of the request. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
