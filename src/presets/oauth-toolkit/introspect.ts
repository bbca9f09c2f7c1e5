import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { authenticateClient } from '../../features/oauth/client-authentication.ts'
import { descriptionFor } from '../../features/oauth/introspect.ts'
import { applicationsOf } from '../../features/oauth/issuer.ts'
import { invalidRequest } from '../../features/oauth/oauth-error.ts'
import type { Parameters } from '../../features/oauth/parameters.ts'
import { findIssued, liveUserOf } from '../../features/oauth/presented-token.ts'
import { type Answer, empty, json } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { OAuthToolkitSettings } from './options.ts'
import { toolkitParameters } from './parameters.ts'

/** `POST /o/introspect/` (RFC 7662): for applications that are services, and for tokens with the scope. */
export async function answerIntrospection(
  request: AuthRequest,
  settings: Pick<OAuthToolkitSettings, 'introspectionScope'>,
  core: Core,
): Promise<Answer> {
  const parameters = await toolkitParameters(request)
  const audiences = await audiencesOfCaller(request, parameters, settings, core)
  // The toolkit names no reason.
  if (audiences === undefined) return empty({ status: 403 })
  const token = parameters.get('token')
  if (token === undefined) throw invalidRequest('Token parameter is missing.')
  const found = await descriptionFor(token, audiences, core)
  if (found === undefined) return json({ active: false })
  const { scope, exp, client_id, username } = found
  return json({ active: true, scope, exp, client_id, username })
}

/** The services that the caller is. @returns `undefined` if it may not introspect */
async function audiencesOfCaller(
  request: AuthRequest,
  parameters: Parameters,
  { introspectionScope }: Pick<OAuthToolkitSettings, 'introspectionScope'>,
  core: Core,
): Promise<readonly string[] | undefined> {
  const [, bearer] = /^bearer +(\S+)$/i.exec(request.header('authorization') ?? '') ?? []
  if (bearer !== undefined)
    return (await hasScope(bearer, introspectionScope, core))
      ? applicationsOf(core).audiences
      : undefined
  try {
    const { proof, audiences } = await authenticateClient(request, parameters, core)
    return proof === 'none' ? undefined : audiences
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_client') return undefined
    throw error
  }
}

/** Whether a token is in use, for this instance, and has a scope. */
async function hasScope(token: string, scope: string, core: Core): Promise<boolean> {
  const issued = await findIssued(token, core)
  // One that is bound to a key is not presented as Bearer.
  if (issued?.kind !== 'access' || issued.claims.cnf !== undefined) return false
  const named: readonly unknown[] = [issued.claims.aud].flat()
  const isForInstance = applicationsOf(core).audiences.some((each) =>
    named.includes(each),
  )
  const scopes = String(issued.claims.scope).split(' ')
  if (!isForInstance || !scopes.includes(scope)) return false
  return (await liveUserOf(issued, core)) !== 'none'
}
