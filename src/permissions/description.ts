import type { Awaitable } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Decision } from './decision.ts'
import type { Principal } from './permission.ts'

/** What a permission decides by, so that a decision can be explained. */
export type PermissionDescription = RuleDescription | CompositionDescription

/** A permission of the library. It reads the principal and the request alone, so that it may be asked at any time. */
export interface RuleDescription {
  readonly kind: 'rule'
  /** What it requires, such as `has "posts.change"`. */
  readonly name: string
  /** Why it denies a user who is signed in. */
  readonly because: string
}

export interface CompositionDescription {
  readonly kind: 'all' | 'any' | 'not'
  readonly of: readonly DescribedPermission[]
}

/** A permission whose types have been checked elsewhere. */
export type DescribedPermission = (context: {
  readonly identity: Principal<unknown, string> | undefined
  readonly request: AuthRequest
  readonly resource: unknown
}) => Awaitable<Decision>

const DESCRIPTIONS = new WeakMap<object, PermissionDescription>()

/** @returns `undefined` for a function of the application */
export const descriptionOf = (permission: object): PermissionDescription | undefined =>
  DESCRIPTIONS.get(permission)

export function describing<P extends object>(
  description: PermissionDescription,
  permission: P,
): P {
  DESCRIPTIONS.set(permission, description)
  return permission
}

/** Describes a permission that reads nothing but the principal and the request. */
export const rule = <P extends object>(name: string, because: string, permission: P): P =>
  describing({ kind: 'rule', name, because }, permission)
