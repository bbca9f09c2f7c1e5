import type { Core } from '../core.ts'
import { issueAccessToken, type TokenAnswer } from './access-token.ts'
import { liveOwnSession } from './clients.ts'
import type { TokenRequest } from './grant.ts'
import { requestedAudiences, requestedScopes } from './grant-request.ts'
import { requireNoUser } from './namesake.ts'
import { OPENID_SCOPES } from './scope.ts'

/** A token for the application itself (RFC 6749 §4.4): nothing is written, unless an operator has ended its session. */
export async function clientCredentials(
  { parameters, client, jkt }: TokenRequest,
  core: Core,
): Promise<TokenAnswer> {
  await requireNoUser(client, core)
  const scopes = requestedScopes(parameters.get('scope'), client, core)
  const audiences = requestedAudiences(parameters.resource, client, core)
  return issueAccessToken(
    {
      client,
      // They are about a user, and there is none.
      scopes: scopes.filter((each) => !OPENID_SCOPES.includes(each)),
      audiences,
      sessionId: await liveOwnSession(client, core),
      jkt,
    },
    core,
  )
}
