import { type Awaitable, andThen } from '../base/awaitable.ts'
import { configError } from '../base/errors.ts'
import { withoutUndefined } from '../base/optional.ts'
import { type Decision, type Denied, denied, granted } from './decision.ts'
import { type DescribedPermission, describing } from './description.ts'
import { naming, rightsNamedIn } from './named-rights.ts'
import { limitedAs, scopesOfAll, scopesOfAny } from './named-scopes.ts'
import {
  type Permission,
  type PermissionContext,
  requiresSignIn,
  type SignedIn,
  signedIn,
} from './permission.ts'

type Part = (context: never) => Awaitable<Decision>

/** A permission whose context satisfies all of its parts. */
type ComposedPermission<Parts extends readonly Part[]> = (
  context: ContextOf<Parts[number]>,
) => Awaitable<Decision>

/** The intersection of the parts' contexts: a union in a parameter's position becomes an intersection. */
type ContextOf<P> = (
  P extends (context: infer Context) => unknown
    ? (context: Context) => void
    : never
) extends (context: infer All) => void
  ? All
  : never

type AllOf<Parts extends readonly Part[]> = ComposedPermission<Parts> &
  (Extract<Parts[number], SignedIn> extends never ? unknown : SignedIn)
type AnyOf<Parts extends readonly Part[]> = ComposedPermission<Parts> &
  (Exclude<Parts[number], SignedIn> extends never ? SignedIn : unknown)

/** Grants if every part grants. Parts are tried in this order up to the first that denies. `allOf()` grants. */
export function allOf<const Parts extends readonly Part[]>(
  ...parts: Parts
): AllOf<Parts> {
  const rights = rightsIn('allOf', parts)
  const permission = (context: PermissionContext): Awaitable<Decision> =>
    firstDenial(parts, context)
  if (requiresSignIn(parts)) signedIn(permission)
  naming(rights, describing({ kind: 'all', of: described(parts) }, permission))
  limitedAs(scopesOfAll(parts), permission)
  return permission as unknown as AllOf<Parts>
}

/** Grants if some part grants. Parts are tried in this order up to the first that grants. `anyOf()` denies. */
export function anyOf<const Parts extends readonly Part[]>(
  ...parts: Parts
): AnyOf<Parts> {
  const rights = rightsIn('anyOf', parts)
  const permission = (context: PermissionContext): Awaitable<Decision> =>
    firstGrant(parts, context)
  if (parts.every(requiresSignIn)) signedIn(permission)
  naming(rights, describing({ kind: 'any', of: described(parts) }, permission))
  limitedAs(scopesOfAny(parts), permission)
  return permission as unknown as AnyOf<Parts>
}

/**
 * Grants what a permission denies, and denies what it grants, also for an object (D31: in Django REST framework `~` of
 * a permission without an object rule denies every object). It grants anonymous requests too: combine it with
 * `isAuthenticated` to deny those.
 */
export const not = <Resource, U, Right extends string>(
  permission: Permission<Resource, U, Right>,
): Permission<Resource, U, Right> =>
  describing(
    { kind: 'not', of: described([permission]) },
    naming(
      rightsIn('not', [permission]),
      (context: PermissionContext<Resource, U, Right>) =>
        andThen(permission(context), opposite),
    ),
  )

const described = (parts: readonly Part[]): readonly DescribedPermission[] =>
  // The compiler has checked what the parts read.
  parts as readonly unknown[] as readonly DescribedPermission[]

/** @throws AuthError `invalid_config` if a part is no permission */
function rightsIn(name: string, parts: readonly Part[]): readonly string[] {
  if (parts.every((part) => typeof part === 'function'))
    return parts.flatMap(rightsNamedIn)
  throw configError(
    `${name}(…) must be called with permissions: write ${name}(has("posts.change")) or ${name}(isStaff).`,
  )
}

/** A value that is no decision is denied, and so is its opposite. */
function opposite(decision: Decision): Decision {
  if (decision?.granted === false) return granted
  return denied('not() of a permission that grants')
}

/** @returns `granted` if no part from `index` on denies */
function firstDenial(
  parts: readonly Part[],
  context: PermissionContext,
  index = 0,
): Awaitable<Decision> {
  const part = parts[index] as Permission | undefined
  if (part === undefined) return granted
  return andThen(part(context), (decision) => {
    if (decision.granted === true) return firstDenial(parts, context, index + 1)
    const denial = withoutDetail(decision)
    DENIED_BY.set(denial, { index, decision })
    return denial
  })
}

/** @returns `last`, the denial of the last part, if no part from `index` on grants */
function firstGrant(
  parts: readonly Part[],
  context: PermissionContext,
  index = 0,
  last: Decision = denied('no part grants this'),
): Awaitable<Decision> {
  const part = parts[index] as Permission | undefined
  if (part === undefined) return last
  return andThen(part(context), (decision) => {
    if (decision.granted === true) return granted
    return firstGrant(parts, context, index + 1, withoutDetail(decision))
  })
}

interface PartDenial {
  readonly index: number
  readonly decision: Decision
}

const DENIED_BY = new WeakMap<Decision, PartDenial>()

/**
 * The part of an `allOf` that denied, with its decision.
 *
 * @returns `undefined` if the decision is not that of an `allOf`
 */
export const partThatDenied = (decision: Decision | undefined): PartDenial | undefined =>
  decision && DENIED_BY.get(decision)

/** The text of one part would describe only a part of the rule to the client. */
const withoutDetail = ({ reason, as }: Denied): Denied =>
  denied(reason, withoutUndefined({ as }))
