import { AuthError } from '../../base/errors.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { applicationsOf, oauthSettings } from './issuer.ts'
import { OPENID_SCOPES, parseScope } from './scope.ts'

/**
 * The scopes that a request asks for: of those of the application that the instance knows; without the parameter, all of them.
 *
 * @throws AuthError `invalid_scope`
 */
export function requestedScopes(
  scope: string | undefined,
  client: StoredClient,
  core: Pick<Core, 'section'>,
): readonly string[] {
  const known = knownScopes(core)
  const allowed = client.scopes.filter((each) => known.has(each))
  if (scope === undefined) return allowed
  return narrowed(scope, allowed)
}

/** @throws AuthError `invalid_scope` if a scope is malformed or not among the allowed ones */
export function narrowed(scope: string, allowed: readonly string[]): readonly string[] {
  const scopes = parseScope(scope)
  if (scopes?.every((each) => allowed.includes(each))) return scopes
  throw new AuthError('invalid_scope')
}

const knownScopes = (core: Pick<Core, 'section'>): ReadonlySet<string> =>
  new Set([...Object.keys(oauthSettings(core).scopes), ...OPENID_SCOPES])

/** The services that an application may get tokens for, the instance itself among them. */
function allowedAudiences(
  client: StoredClient,
  core: Pick<Core, 'section' | 'tokens'>,
): readonly string[] {
  const { resources } = oauthSettings(core)
  const others = client.resources.filter((each) => resources.includes(each))
  return [...ownAudiences(core), ...others]
}

/**
 * The services that tokens should be for, which are never none: without the parameter, the instance itself.
 *
 * @throws AuthError `invalid_target`
 */
export function requestedAudiences(
  resource: readonly string[],
  client: StoredClient,
  core: Pick<Core, 'section' | 'tokens'>,
): readonly string[] {
  if (resource.length === 0) return applicationsOf(core).audiences
  const allowed = allowedAudiences(client, core)
  if (resource.every((each) => allowed.includes(each))) return [...new Set(resource)]
  throw new AuthError('invalid_target')
}

/** The audiences of the instance and of its paths, which every application may ask for. */
function ownAudiences(core: Pick<Core, 'tokens'>): readonly string[] {
  const { issuer, audiences, resources: paths = [] } = applicationsOf(core)
  return [...audiences, ...paths.map((path) => issuer + path)]
}

/** Whether an application may still have what a user has agreed to: it may have been changed since. */
export function mayStill(
  granted: { readonly scopes: readonly string[]; readonly audiences: readonly string[] },
  { scopes, resources }: StoredClient,
  core: Pick<Core, 'tokens'>,
): boolean {
  const audiences = [...ownAudiences(core), ...resources]
  return (
    granted.scopes.every((each) => scopes.includes(each)) &&
    granted.audiences.every((each) => audiences.includes(each))
  )
}

/**
 * The services that an access token should be for, of those that were granted (RFC 8707 §2.2): without the parameter, all that the
 * application may still get tokens for.
 *
 * @throws AuthError `invalid_target`
 */
export function narrowedAudiences(
  resource: readonly string[],
  granted: readonly string[],
  client: StoredClient,
  core: Pick<Core, 'section' | 'tokens'>,
): readonly string[] {
  const allowed = allowedAudiences(client, core).filter((each) => granted.includes(each))
  const asked = resource.length === 0 ? allowed : [...new Set(resource)]
  if (asked.length > 0 && asked.every((each) => allowed.includes(each))) return asked
  throw new AuthError('invalid_target')
}
