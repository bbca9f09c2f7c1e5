import { configError } from '../../base/errors.ts'
import { isSafe } from '../../permissions/basic-permissions.ts'
import { type Decision, denied, granted } from '../../permissions/decision.ts'
import { rule } from '../../permissions/description.ts'
import { namingScopes } from '../../permissions/named-scopes.ts'
import {
  type Permission,
  type PermissionContext,
  type Principal,
  signedIn,
} from '../../permissions/permission.ts'

type AnyPermission = Permission<unknown, unknown>
type AnyPrincipal = Pick<Principal<unknown>, 'user' | 'client' | 'scopes'>

/** A permission that names scopes, and decides by them. */
const byScopes = (
  name: string,
  scopes: readonly string[],
  decide: (principal: AnyPrincipal, method: PermissionContext['request']) => boolean,
) =>
  namingScopes(
    scopes,
    rule(
      name,
      'the token lacks a scope',
      signedIn<AnyPermission>(({ identity, request }): Decision => {
        if (identity === undefined) return denied('not signed in')
        if (decide(identity, request)) return granted
        return denied(`${name}: the token lacks a scope`)
      }),
    ),
  )

const hasAll = ({ scopes }: AnyPrincipal, required: readonly string[]): boolean =>
  required.every((each) => scopes.includes(each))

/** A list of no scopes would grant every token. @throws AuthError `invalid_config` */
function requireScopes(name: string, scopes: readonly string[]): void {
  if (scopes.length > 0) return
  throw configError(`${name}() must name a scope: write ${name}("read").`)
}

/**
 * Grants credentials with all of these scopes: the toolkit's `TokenHasScope` with `required_scopes`.
 *
 * @throws AuthError `invalid_config` without a scope
 */
export const tokenHasScope = (...scopes: readonly string[]) => {
  requireScopes('tokenHasScope', scopes)
  return byScopes(`TokenHasScope ${scopes.join(' ')}`, scopes, (principal) =>
    hasAll(principal, scopes),
  )
}

/** The scopes of `tokenHasReadWriteScope`. */
export interface ReadWriteScopes {
  /** Of GET, HEAD and OPTIONS. Default: `read`. */
  readonly read?: string
  /** Of other methods. Default: `write`. */
  readonly write?: string
  /** Needed besides. Default: none. */
  readonly scopes?: readonly string[]
}

/** Grants credentials with the scope to read or to write, by the method of the request: `TokenHasReadWriteScope`. */
export const tokenHasReadWriteScope = ({
  read = 'read',
  write = 'write',
  scopes = [],
}: ReadWriteScopes = {}) =>
  byScopes('TokenHasReadWriteScope', [read, write, ...scopes], (principal, request) =>
    hasAll(principal, [isSafe(request) ? read : write, ...scopes]),
  )

/** The same with `scope:read` and `scope:write`: `TokenHasResourceScope`. @throws AuthError `invalid_config` without a scope */
export const tokenHasResourceScope = (...scopes: readonly string[]) => {
  requireScopes('tokenHasResourceScope', scopes)
  const named = (end: string): readonly string[] => scopes.map((each) => each + end)
  const [read, write] = [named(':read'), named(':write')]
  return byScopes('TokenHasResourceScope', [...read, ...write], (principal, request) =>
    hasAll(principal, isSafe(request) ? read : write),
  )
}

/**
 * Grants users who have signed in with the instance itself, and tokens of applications with all of these scopes:
 * `IsAuthenticatedOrTokenHasScope`.
 *
 * @throws AuthError `invalid_config` without a scope
 */
export const isAuthenticatedOrTokenHasScope = (...scopes: readonly string[]) => {
  requireScopes('isAuthenticatedOrTokenHasScope', scopes)
  return byScopes(
    'IsAuthenticatedOrTokenHasScope',
    scopes,
    (principal) => principal.client === undefined || hasAll(principal, scopes),
  )
}

/** Alternatives for each method: `{ GET: [['read']], POST: [['write', 'notes'], ['album:write']] }`. */
export type AlternateScopes = Readonly<Record<string, readonly (readonly string[])[]>>

/** Grants credentials that have all scopes of an alternative of the method: `TokenMatchesOASRequirements`. */
export const tokenMatchesOasRequirements = (alternatives: AlternateScopes) =>
  byScopes(
    'TokenMatchesOASRequirements',
    [...new Set(Object.values(alternatives).flat(2))],
    (principal, { method }) =>
      (Object.hasOwn(alternatives, method) ? (alternatives[method] ?? []) : []).some(
        (scopes) => hasAll(principal, scopes),
      ),
  )

/**
 * Grants every user, with any scopes of the application that acts for them: what `IsAuthenticated` grants in the toolkit. Prefer a
 * permission that names a scope: with this one an application that was given `profile` can do all that the user can.
 */
export const isAuthenticatedWithAnyScope = byScopes(
  'IsAuthenticated with any scope',
  [],
  ({ user }) => user !== undefined && user !== null,
)
