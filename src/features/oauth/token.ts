import { AuthError } from '../../base/errors.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Core } from '../core.ts'
import type { GrantType, StoredClient } from './client.ts'
import { authenticateClient } from './client-authentication.ts'
import { tokenKeyOf } from './dpop/token-key.ts'
import { GRANTS, grantTypes } from './grants.ts'
import { oauthSettings } from './issuer.ts'
import { type Parameters, readParameters } from './parameters.ts'

/** `POST /oauth/token` (RFC 6749 §3.2). @throws AuthError of the OAuth codes */
export async function answerToken(request: AuthRequest, core: Core): Promise<Answer> {
  const parameters = await readParameters(request)
  const client = await authenticateClient(request, parameters, core)
  const type = grantTypeOf(parameters, client, core)
  const grant = await GRANTS[type]()
  const { jkt, headers } = await tokenKeyOf(request, client, core)
  const answer = await grant({ parameters, client, request, jkt }, core)
  // HTTP/1.0 caches (RFC 6749 §5.1).
  return json(answer, { headers: [['Pragma', 'no-cache'], ...headers] })
}

/** @throws AuthError `invalid_request`, `unsupported_grant_type`, `unauthorized_client` */
function grantTypeOf(
  parameters: Parameters,
  client: StoredClient,
  core: Core,
): GrantType {
  const given = parameters.require('grant_type')
  const type = grantTypes(oauthSettings(core)).find((each) => each === given)
  if (type === undefined) throw new AuthError('unsupported_grant_type')
  if (!client.grants.includes(type)) throw new AuthError('unauthorized_client')
  return type
}
