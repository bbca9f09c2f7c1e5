import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { type Decision, type Denied, denied, granted } from './decision.ts'
import {
  type Permission,
  type PermissionContext,
  requiresSignIn,
  type SignedIn,
  signedIn,
} from './permission.ts'

type Part = (ask: never) => Awaitable<Decision>

/** The permission that asks all that its parts ask. */
type Composed<Parts extends readonly Part[]> = (
  ask: Asked<Parts[number]>,
) => Awaitable<Decision>
type Asked<P> = (P extends (ask: infer A) => unknown ? (ask: A) => void : never) extends (
  ask: infer All,
) => void
  ? All
  : never

type AllOf<Parts extends readonly Part[]> = Composed<Parts> &
  (Extract<Parts[number], SignedIn> extends never ? unknown : SignedIn)
type AnyOf<Parts extends readonly Part[]> = Composed<Parts> &
  (Exclude<Parts[number], SignedIn> extends never ? SignedIn : unknown)

/** Grants where every part grants; asked in this order, the first no ends it. `allOf()` of nothing grants. */
export function allOf<const Parts extends readonly Part[]>(
  ...parts: Parts
): AllOf<Parts> {
  const permission = (ask: PermissionContext): Awaitable<Decision> =>
    until(parts, ask, (decision) => !decision.granted, granted)
  return (requiresSignIn(parts)
    ? signedIn(permission)
    : permission) as unknown as AllOf<Parts>
}

/** Grants where some part grants; asked in this order, the first yes ends it. `anyOf()` of nothing refuses. */
export function anyOf<const Parts extends readonly Part[]>(
  ...parts: Parts
): AnyOf<Parts> {
  const nothing = denied('no part grants this')
  const permission = (ask: PermissionContext): Awaitable<Decision> =>
    until(parts, ask, (decision) => decision.granted, nothing)
  return (parts.every(requiresSignIn)
    ? signedIn(permission)
    : permission) as unknown as AnyOf<Parts>
}

/**
 * Grants what a permission refuses, and refuses what it grants: for the thing that is asked about, too (D31). It lets
 * through whoever has not signed in, unless it stands beside something that does not.
 */
export const not =
  <Resource, U, Right extends string>(
    permission: Permission<Resource, U, Right>,
  ): Permission<Resource, U, Right> =>
  (ask) => {
    const decision = permission(ask)
    return isPromise(decision)
      ? Promise.resolve(decision).then(opposite)
      : opposite(decision)
  }

const opposite = (decision: Decision): Decision =>
  // What is neither is no answer, and not of it is none either.
  decision?.granted === false ? granted : denied('not() of what grants this')

/**
 * Asks in turn until a decision is the one that ends it. Waits only for those that have to be waited for.
 *
 * @returns that decision; else `otherwise` where all granted, the last no where none did
 */
function until(
  parts: readonly Part[],
  ask: PermissionContext,
  ends: (decision: Decision) => boolean,
  otherwise: Decision,
): Awaitable<Decision> {
  let last = otherwise
  const from = (start: number): Awaitable<Decision> => {
    for (let i = start; i < parts.length; i++) {
      const decision = (parts[i] as Permission)(ask)
      if (isPromise(decision))
        return Promise.resolve(decision).then((known) =>
          take(known) ? last : from(i + 1),
        )
      if (take(decision)) return last
    }
    return last
  }
  const take = (decision: Decision): boolean => {
    last = decision.granted === true ? granted : silent(decision)
    return ends(last)
  }
  return from(0)
}

/** A composition has no sentence of its own for the client: the parts' would tell half of it (specification 6.7). */
const silent = ({ reason, as }: Denied): Denied =>
  denied(reason, as === undefined ? {} : { as })
