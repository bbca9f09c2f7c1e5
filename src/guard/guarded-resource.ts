import { bearerReader } from '../authentication/bearer-token.ts'
import type { Authentication, LibrarySchemeDeps } from '../authentication/scheme.ts'
import { configError } from '../base/errors.ts'
import { resourceMetadataPath } from '../tokens/protected-resources.ts'
import type { ApplicationTokens } from '../tokens/token-settings.ts'

/** What a guard with `resource` changes: whose tokens its schemes accept, and what their challenges name. */
export interface GuardedResource {
  readonly deps: LibrarySchemeDeps
  challenged(scheme: Authentication): Authentication
}

/**
 * The resource at a path (RFC 9728). Its guards accept tokens of applications that were issued for it, and no others: one for the whole
 * instance, or for another resource, has another `aud`.
 *
 * @throws AuthError `invalid_config` if the option `oauth.protectedResources` does not list it
 */
export function guardedResource(path: string, deps: LibrarySchemeDeps): GuardedResource {
  const { applications } = deps.settings
  if (applications?.resources?.includes(path) !== true)
    throw configError(
      `A guard's "resource" is ${JSON.stringify(path)}, which is no protected resource: list it in the option oauth.protectedResources.`,
    )
  const { issuer } = applications
  const parameter = `resource_metadata="${issuer}${resourceMetadataPath(path)}"`
  return {
    deps: withAudience(issuer + path, applications, deps),
    challenged: (scheme) => withParameter(scheme, parameter),
  }
}

function withAudience(
  audience: string,
  applications: ApplicationTokens,
  deps: LibrarySchemeDeps,
): LibrarySchemeDeps {
  const settings = {
    ...deps.settings,
    applications: { ...applications, audiences: [audience] },
  }
  return { ...deps, settings, readBearer: bearerReader({ ...deps, settings }) }
}

/** Adds a parameter to the challenges of a scheme that takes access tokens (RFC 9728 §5.1). */
function withParameter(scheme: Authentication, parameter: string): Authentication {
  const { name, challenge, refusedChallenge } = scheme
  if (name !== 'bearer' || challenge === undefined || refusedChallenge === undefined)
    return scheme
  return Object.assign(Object.create(scheme) as Authentication, {
    challenge: `${challenge}, ${parameter}`,
    refusedChallenge: `${refusedChallenge}, ${parameter}`,
  })
}
