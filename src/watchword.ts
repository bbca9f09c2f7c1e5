import type { Scheme } from './authentication/scheme.ts'
import type { Awaitable } from './base/awaitable.ts'
import { AuthError } from './base/errors.ts'
import type { GuardSettings } from './guard/guard-deps.ts'
import type { RequirementDefaults } from './guard/parse-requirement.ts'
import type { PrincipalUser, Requirement } from './guard/requirement.ts'
import { FetchRequest, type Peer, toResponse } from './http/fetch-request.ts'
import type { AuthRequest } from './http/request.ts'
import { type Admin, type AdminSettings, createAdmin } from './instance/admin.ts'
import { createInternals, type InternalsSettings } from './instance/create-internals.ts'
import { guardsOf } from './instance/guards.ts'
import { type Instance, openInstance } from './instance/instance.ts'
import {
  type DefaultRequirement,
  INTERNALS,
  type Internals,
} from './instance/internals.ts'
import { type Lazy, lazily } from './instance/lazy-instance.ts'
import { reportingErrors } from './instance/report-errors.ts'
import {
  type SignInResult,
  type SignInUserOptions,
  signInUser,
} from './instance/sign-in-user.ts'
import { type Health, type HealthSettings, healthCheck } from './observability/health.ts'
import { type Stats, statsOf } from './observability/stats.ts'
import type { Principal } from './permissions/permission.ts'
import type { RightsOf, Roles } from './permissions/rights.ts'
import type { Options } from './settings/options.ts'
import { parseSettings } from './settings/settings.ts'
import type { AttributesOf, UserFields } from './users/fields.ts'
import type { Attributes, User } from './users/user.ts'

export type { PrincipalUser, Requirement } from './guard/requirement.ts'
export type { Health, HealthStatus } from './observability/health.ts'
export type { Stats } from './observability/stats.ts'

/** `U` is what the schemes find out about a user; `Right` what permissions may name (`posts.change`, `role:editor`). */
export interface Watchword<
  U = User,
  Right extends string = string,
  A extends object = Attributes,
> extends Admin<A> {
  /** Any fetch runtime. Paths that are not its own get a 404. */
  handler(request: Request, peer?: Peer): Promise<Response>

  /** The principal of a request; `undefined` if it is anonymous. @throws AuthError if its credentials are wrong */
  authenticate<
    const N extends {
      readonly schemes?: readonly Scheme<unknown>[] | undefined
    } = DefaultRequirement,
  >(
    from: Request | AuthRequest,
    requirement?: N,
  ): Promise<Principal<PrincipalUser<N, U>, Right> | undefined>
  /**
   * Authenticates and authorizes a request. Without a requirement, the option `permissions` applies.
   *
   * @throws AuthError: `error.toResponse()` is the answer
   */
  require<const N extends Requirement<U, Right> = DefaultRequirement>(
    from: Request | AuthRequest,
    requirement?: N,
  ): Promise<Principal<PrincipalUser<N, U>, Right>>
  /**
   * Signs a user in without a password, as after a check of your own: a new session, and its tokens (Simple JWT's
   * `RefreshToken.for_user`). Not throttled; recorded in the audit log.
   *
   * @param user a user, or an id
   * @throws AuthError `user_not_found`; `user_inactive` also if the option `users.rule` refuses; `mfa_required` and the like if a
   *   further step is asked for that `options.methods` lacks
   */
  signIn(
    user: string | { readonly id: string },
    options?: SignInUserOptions,
  ): Promise<SignInResult>
  /** The state of the instance, for load balancers and monitoring. Never rejects. */
  health(): Promise<Health>
  /** Counters and gauges of this process; `undefined` before its first use. */
  stats(): Stats | undefined

  /** Opens and migrates the database. Happens at first use anyway; call it to fail at the start. */
  migrate(): Promise<void>
  close(): Promise<void>
}

/**
 * Creates an instance. The database is opened at its first use.
 *
 * @throws AuthError `invalid_config`: its message says what to write instead
 */
export function watchword<
  const R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
  const F extends UserFields = UserFields,
>(
  options: Options<R, S, F> = {},
): Watchword<UserOf<S, AttributesOf<F>>, RightsOf<R>, AttributesOf<F>> {
  const settings = parseSettings(options, process.env)
  return watchwordOf(
    settings,
    lazily(() => openInstance(settings)),
  )
}

/** The settings that are used before the instance is open. */
export interface WatchwordSettings
  extends RequirementDefaults,
    GuardSettings,
    AdminSettings,
    InternalsSettings {
  readonly authentication: readonly Scheme<unknown>[]
  readonly tokens: RequirementDefaults['tokens'] &
    AdminSettings['tokens'] &
    InternalsSettings['tokens'] &
    Pick<HealthSettings, 'revocationMaxAge'>
  readonly keys: { readonly configured: object | undefined }
}

/** The public face of an instance. */
export function watchwordOf<U, Right extends string, A extends object = Attributes>(
  settings: WatchwordSettings,
  instance: Lazy<Instance>,
): Watchword<U, Right, A> {
  const { open } = instance
  const guards = guardsOf(settings, instance)
  const internals = createInternals(settings, instance, guards)
  const checked = async <P>(guard: Guard<P>, from: Request | AuthRequest): Promise<P> => {
    try {
      return await guard(authRequestOf(from))
    } catch (error) {
      // The answer to a fault of the configuration has no details, so the log must have them.
      if (error instanceof AuthError) internals.replyToError(error)
      throw error
    }
  }

  const report = (error: AuthError): void => void internals.replyToError(error)
  const auth: Watchword<U, Right> & { readonly [INTERNALS]: Internals } = {
    [INTERNALS]: internals,
    ...reportingErrors(
      { ...createAdmin(settings, open, internals.surface), ...programVerbs(open) },
      report,
    ),
    async handler(request, peer) {
      const asked = new FetchRequest(request, peer)
      const reply = await (internals.answer(asked) ?? internals.notFound(asked))
      return toResponse(reply, request.method)
    },
    async authenticate(from, requirement) {
      const guard = guards.withoutRequirement(requirement)
      const principal = await checked(guard, from)
      return principal.user === undefined ? undefined : (principal as never)
    },
    require: async (from, requirement) => {
      const guard = guards.of(requirement as AnyRequirement | undefined)
      return (await checked(guard, from)) as never
    },
    health: healthCheck(open, {
      revocationMaxAge: settings.tokens.revocationMaxAge,
      hasConfiguredKeys: settings.keys.configured !== undefined,
    }),
    stats() {
      const opened = instance.current()
      return opened && statsOf(opened)
    },
    close: () => instance.close(),
  }
  // The attributes are checked where they come in.
  return auth as Watchword<U, Right> as never
}

const programVerbs = (
  open: () => Promise<Instance>,
): Pick<Watchword, 'signIn' | 'migrate'> => ({
  async signIn(user, options) {
    const { core } = await open()
    return signInUser(user, options, core)
  },
  migrate: async () => void (await open()),
})

type Guard<P> = (request: AuthRequest) => Awaitable<P>
type AnyRequirement = Requirement<never, string>

/** What the schemes of an instance find out about a user. */
export type UserOf<S, A extends object = Attributes> = WithAttributes<
  S extends Scheme<infer U> ? U : User,
  A
>

/** The users of the instance, but not those of a scheme that has its own. */
type WithAttributes<U, A extends object> = U extends User
  ? User extends U
    ? User<A>
    : U
  : U

const authRequestOf = (from: Request | AuthRequest): AuthRequest =>
  from instanceof Request ? new FetchRequest(from) : from
