import type { Identity } from '../authentication/scheme.ts'
import type { Awaitable } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import type { User } from '../users/user.ts'
import type { Decision } from './decision.ts'

/**
 * The authenticated user of a request, and what the user may do: `req.auth` in a guarded handler.
 *
 * If the guard's permissions let anonymous requests through, `user` may be `undefined`.
 *
 * The variance annotations are needed: `Principal` and `PermissionContext` refer to each other, and without them
 * the compiler accepts a misspelt permission string.
 *
 * @typeParam Right the strings that `can` accepts: the instance's permission strings, and `role:` before its roles
 */
export interface Principal<out U = User, in Right extends string = string>
  extends Identity<U> {
  /** The scopes of the credentials; empty if they carry none. */
  readonly scopes: readonly string[]
  /**
   * Whether the user has a permission string (`posts.change`) or a role (`role:editor`). Active superusers have every
   * permission string. Users known from a token alone (`statelessBearer`) have none.
   */
  readonly can: (right: Right) => boolean
  /**
   * Applies a permission to an object: `await request.auth.authorize(mayEdit, note)`.
   *
   * @throws AuthError `permission_denied`, `not_authenticated`, `not_found` or `method_not_allowed`, as the permission
   *   decides; a guarded handler that lets it pass answers with its status
   */
  authorize<Resource>(
    permission: Permission<Resource, U, Right>,
    resource: Resource,
  ): Promise<void>
}

/**
 * What a permission decides about.
 *
 * @typeParam Right the permission strings and roles that the permission reads; if the instance's roles lack one, the
 *   permission does not compile there
 */
export interface PermissionContext<
  out Resource = unknown,
  out U = User,
  in Right extends string = never,
> {
  /** `undefined` if the request is anonymous. */
  readonly identity: Principal<U, Right> | undefined
  readonly request: AuthRequest
  /** The object passed to `authorize`; `undefined` when a route is guarded. */
  readonly resource: Resource
}

/**
 * A function that grants or denies a request, or access to one object: `({ identity }) => granted`. It may be async.
 *
 * @see Django REST framework's `BasePermission`: `has_permission` and `has_object_permission` in one
 */
export type Permission<Resource = unknown, U = User, Right extends string = never> = (
  context: PermissionContext<Resource, U, Right>,
) => Awaitable<Decision>

/** The mark of a permission that denies every anonymous request: behind it `req.auth.user` is typed as present. */
export interface SignedIn {
  readonly signedIn: true
}

/**
 * Marks a permission that denies every anonymous request. The guard enforces it: an anonymous request that the
 * permission grants by mistake is answered with 401.
 */
export const signedIn = <P extends (context: never) => Awaitable<Decision>>(
  permission: P,
): P & SignedIn => Object.assign(permission, { signedIn: true } as const)

/** Whether a permission, or one in a list that must all grant, is marked with `signedIn`. */
export const requiresSignIn = (permission: object | readonly object[]): boolean =>
  [permission].flat().some((part) => (part as Partial<SignedIn>).signedIn === true)
