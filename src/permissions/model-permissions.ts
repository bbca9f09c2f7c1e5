import { isTokenUser } from '../authentication/token-user.ts'
import type { Awaitable } from '../base/awaitable.ts'
import { isSafe } from './basic-permissions.ts'
import { type Decision, denied, granted } from './decision.ts'
import {
  type Permission,
  type PermissionContext,
  type SignedIn,
  signedIn,
} from './permission.ts'

/** The permission strings that a method needs; a method that is not listed is refused with 405. */
export type ByMethod<Right extends string> = Readonly<
  Partial<Record<string, readonly Right[]>>
>

/** Django's: nothing to read, `add`, `change` and `delete` for the rest. */
export const modelMap = <const Model extends string>(model: Model) =>
  ({
    GET: [],
    HEAD: [],
    OPTIONS: [],
    POST: [`${model}.add`],
    PUT: [`${model}.change`],
    PATCH: [`${model}.change`],
    DELETE: [`${model}.delete`],
  }) as const satisfies ByMethod<string>

type ModelRight<Model extends string> = `${Model}.${'add' | 'change' | 'delete'}`

/**
 * `DjangoModelPermissions`: whoever has signed in and has the permission strings of the method, `posts.add`, `posts.change`,
 * `posts.delete` for `modelPermissions('posts')`, or those of a table of one's own.
 */
export function modelPermissions<const Model extends string>(
  model: Model,
): Permission<unknown, unknown, ModelRight<Model>> & SignedIn
export function modelPermissions<const Right extends string>(
  map: ByMethod<Right>,
): Permission<unknown, unknown, Right> & SignedIn
export function modelPermissions(
  model: string | ByMethod<string>,
): Permission<unknown, unknown, string> & SignedIn {
  const map = mapOf(model)
  return signedIn((ask) => judged(map, ask))
}

/** `DjangoModelPermissionsOrAnonReadOnly`: the same, and whoever has not signed in may do what needs nothing. */
export function modelPermissionsOrAnonReadOnly<const Model extends string>(
  model: Model,
): Permission<unknown, unknown, ModelRight<Model>>
export function modelPermissionsOrAnonReadOnly<const Right extends string>(
  map: ByMethod<Right>,
): Permission<unknown, unknown, Right>
export function modelPermissionsOrAnonReadOnly(
  model: string | ByMethod<string>,
): Permission<unknown, unknown, string> {
  const map = mapOf(model)
  return (ask) => {
    if (ask.identity !== undefined) return judged(map, ask)
    const needed = map[ask.request.method]
    if (needed === undefined) return NO_METHOD
    return needed.length === 0 ? granted : denied('not signed in')
  }
}

/** Whether a user has a permission string for one thing: roles know of none, so an application answers. */
export type ObjectRights<Resource, U, Right extends string> = (
  right: Right,
  resource: Resource,
  user: U,
) => Awaitable<boolean>

/**
 * `DjangoObjectPermissions`, for `authorize`: who has not the permission strings of the method for the thing is refused; who
 * may not even read it, or only wanted to, is told that it is not there.
 */
export function objectPermissions<Resource, U, const Right extends string>(
  map: ByMethod<Right>,
  may: ObjectRights<Resource, U, Right>,
): Permission<Resource, U> & SignedIn {
  const hasAll = async (
    method: string,
    { resource }: PermissionContext<Resource, U>,
    user: U,
  ): Promise<boolean> => {
    for (const right of map[method] ?? [])
      if ((await may(right, resource, user)) !== true) return false
    return true
  }
  return signedIn(async (ask: PermissionContext<Resource, U>) => {
    const { identity, request } = ask
    if (identity === undefined) return denied('not signed in')
    if (map[request.method] === undefined) return NO_METHOD
    if (await hasAll(request.method, ask, identity.user)) return granted
    const because = `has not what ${request.method} needs for this`
    const mayRead = !isSafe(request) && (await hasAll('GET', ask, identity.user))
    return denied(because, mayRead ? {} : { as: 'not_found' })
  })
}

const NO_METHOD = denied('the method is not in the table', { as: 'method_not_allowed' })

const mapOf = (model: string | ByMethod<string>): ByMethod<string> => {
  const map = typeof model === 'string' ? modelMap(model) : model
  // A method named `constructor` has no permission strings.
  return Object.assign(Object.create(null), map)
}

function judged(
  map: ByMethod<string>,
  { identity, request }: PermissionContext<unknown, unknown, string>,
): Decision {
  // Whoever is known from a token alone has no rights, not even those to nothing (specification 5.3).
  if (identity === undefined || isTokenUser(identity.user))
    return denied('not signed in as a user of the store')
  const needed = map[request.method]
  if (needed === undefined) return NO_METHOD
  const missing = needed.find((right) => !identity.can(right))
  return missing === undefined ? granted : denied(`has not "${missing}"`)
}
