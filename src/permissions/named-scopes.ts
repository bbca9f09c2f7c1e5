/** What a permission says about tokens of applications. */
export interface NamedScopes {
  /** Whether it grants no token of an application that lacks these scopes. */
  readonly isLimited: boolean
  /** The scopes that it names, for challenges. */
  readonly scopes: readonly string[]
}

const NAMED = new WeakMap<object, NamedScopes>()

const UNLIMITED: NamedScopes = { isLimited: false, scopes: [] }

const namedScopesIn = (permission: object): NamedScopes =>
  NAMED.get(permission) ?? UNLIMITED

export const namingScopes = <P extends object>(
  scopes: readonly string[],
  permission: P,
): P => limitedAs({ isLimited: true, scopes }, permission)

/** Records what a permission says about tokens of applications. */
export function limitedAs<P extends object>(named: NamedScopes, permission: P): P {
  NAMED.set(permission, named)
  return permission
}

/** Of permissions that must all grant, one that names a scope is enough. */
export const scopesOfAll = (permissions: readonly object[]): NamedScopes =>
  joined(permissions, (parts) => parts.some(({ isLimited }) => isLimited))

/** Of permissions of which one must grant, each must name one. */
export const scopesOfAny = (permissions: readonly object[]): NamedScopes =>
  joined(permissions, (parts) => parts.every(({ isLimited }) => isLimited))

function joined(
  permissions: readonly object[],
  decide: (parts: readonly NamedScopes[]) => boolean,
): NamedScopes {
  const parts = permissions.map(namedScopesIn)
  if (!decide(parts)) return UNLIMITED
  return { isLimited: true, scopes: [...new Set(parts.flatMap(({ scopes }) => scopes))] }
}
