import type { Awaitable } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import type { User } from '../users/user.ts'
import type { Decision } from './decision.ts'
import type { Principal } from './principal.ts'

/**
 * What a permission is asked about.
 *
 * `Right` holds the permission strings and roles that it looks at: an instance whose roles do not know them refuses the
 * permission at compile time.
 */
export interface Ask<
  out Resource = unknown,
  out U = User,
  in Right extends string = never,
> {
  /** Who asks; `undefined`: nobody has signed in. */
  readonly identity: Principal<U, Right> | undefined
  readonly request: AuthRequest
  /** The thing that is asked about; where a whole route is guarded, none. */
  readonly resource: Resource
}

/** A question with a yes or a no about a request and, where there is one, the thing it is about. */
export type Permission<Resource = unknown, U = User, Right extends string = never> = (
  ask: Ask<Resource, U, Right>,
) => Awaitable<Decision>

/** On a permission that grants nothing to whoever has not signed in: behind it `req.auth.user` is there. */
export interface SignedIn {
  readonly signedIn: true
}

/** Marks a permission that says no to everybody who has not signed in. The guard holds it to that. */
export const signedIn = <P extends (ask: never) => Awaitable<Decision>>(
  permission: P,
): P & SignedIn => Object.assign(permission, { signedIn: true } as const)

/** Whether a permission, or a list of which each must grant, lets nobody through who has not signed in. */
export const requiresSignIn = (permission: object | readonly object[]): boolean =>
  [permission].flat().some((part) => (part as Partial<SignedIn>).signedIn === true)
