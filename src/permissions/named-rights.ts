const NAMED = new WeakMap<object, readonly string[]>()

/** The permission strings and roles that a permission of ours requires: a guard checks at once that a role has them. */
export const rightsNamedIn = (permission: object): readonly string[] =>
  NAMED.get(permission) ?? []

/** Records the permission strings and roles that a permission requires. */
export function naming<P extends object>(rights: readonly string[], permission: P): P {
  NAMED.set(permission, rights)
  return permission
}
