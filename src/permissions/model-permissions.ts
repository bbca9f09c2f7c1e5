import { isTokenUser } from '../authentication/token-user.ts'
import type { Awaitable } from '../base/awaitable.ts'
import { isSafe } from './basic-permissions.ts'
import { type Decision, denied, granted } from './decision.ts'
import { rule } from './description.ts'
import { naming } from './named-rights.ts'
import {
  type Permission,
  type PermissionContext,
  type SignedIn,
  signedIn,
} from './permission.ts'

/** The permission strings that each method requires; other methods get 405. */
export type ByMethod<Right extends string> = Readonly<
  Partial<Record<string, readonly Right[]>>
>

/** Django's table: safe methods require nothing, the others `add`, `change` and `delete`. */
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
 * Django REST framework's `DjangoModelPermissions`: grants authenticated users with the permission strings of the method.
 *
 * @param model `'posts'` requires `posts.add`, `posts.change` and `posts.delete`; or a table of your own
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
  return ruleOf(
    map,
    naming(
      rightsIn(map),
      signedIn((context: AnyContext) => decide(map, context)),
    ),
  )
}

type AnyContext = PermissionContext<unknown, unknown, string>

/** Names what each method requires: `model permissions (POST: posts.add)`. */
function ruleOf<P extends object>(map: ByMethod<string>, permission: P): P {
  const lines = Object.entries(map)
    .filter(([, rights = []]) => rights.length > 0)
    .map(([method, rights = []]) => `${method}: ${rights.join(' and ')}`)
  const name = `model permissions (${lines.join(', ')})`
  return rule(name, 'no role grants what the method requires', permission)
}

/** `DjangoModelPermissionsOrAnonReadOnly`: the same, but grants anonymous requests if the method requires nothing. */
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
  const permission = (context: AnyContext): Decision => {
    if (context.identity !== undefined) return decide(map, context)
    const required = map[context.request.method]
    if (required === undefined) return UNKNOWN_METHOD
    if (required.length === 0) return granted
    return denied('not signed in')
  }
  return ruleOf(map, naming(rightsIn(map), permission))
}

const rightsIn = (map: ByMethod<string>): readonly string[] =>
  Object.values(map).flatMap((rights = []) => rights)

/** Whether a user has a permission string for one object. Roles cannot answer that; the application does. */
export type ObjectRights<Resource, U, Right extends string> = (
  right: Right,
  resource: Resource,
  user: U,
) => Awaitable<boolean>

/**
 * `DjangoObjectPermissions`, for `authorize`: grants users with the permission strings of the method for the object.
 * Users who may not even read it get 404, so that they do not learn that it exists.
 */
export function objectPermissions<Resource, U, const Right extends string>(
  map: ByMethod<Right>,
  hasRight: ObjectRights<Resource, U, Right>,
): Permission<Resource, U> & SignedIn {
  const hasRightsOf = async (
    method: string,
    resource: Resource,
    user: U,
  ): Promise<boolean> => {
    for (const right of map[method] ?? [])
      if ((await hasRight(right, resource, user)) !== true) return false
    return true
  }
  return signedIn(
    async ({ identity, request, resource }: PermissionContext<Resource, U>) => {
      const { method } = request
      if (identity?.user === undefined) return denied('not signed in as a user')
      if (map[method] === undefined) return UNKNOWN_METHOD
      if (await hasRightsOf(method, resource, identity.user)) return granted
      const reason = `lacks a permission string that ${method} requires for this object`
      if (!isSafe(request) && (await hasRightsOf('GET', resource, identity.user)))
        return denied(reason)
      return denied(reason, { as: 'not_found' })
    },
  )
}

const UNKNOWN_METHOD = denied('the table of permission strings lacks the method', {
  as: 'method_not_allowed',
})

function mapOf(model: string | ByMethod<string>): ByMethod<string> {
  const map = typeof model === 'string' ? modelMap(model) : model
  // Without a prototype, the method `constructor` is not found in it.
  return Object.assign(Object.create(null), map)
}

function decide(
  map: ByMethod<string>,
  { identity, request }: PermissionContext<unknown, unknown, string>,
): Decision {
  // A user known from a token alone has no rights, not even if the method requires none.
  if (identity === undefined || isTokenUser(identity.user))
    return denied('not signed in as a user of the store')
  const required = map[request.method]
  if (required === undefined) return UNKNOWN_METHOD
  const missing = required.find((right) => !identity.can(right))
  if (missing === undefined) return granted
  return denied(`does not have "${missing}"`)
}
