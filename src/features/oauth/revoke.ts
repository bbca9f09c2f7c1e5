import { AuthError } from '../../base/errors.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isOfClient } from '../../tokens/user-of-token.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { authenticateClient } from './client-authentication.ts'
import { endOwnTokens } from './clients.ts'
import { revokeConsent } from './own-applications.ts'
import { readParameters } from './parameters.ts'
import { findIssued, type IssuedToken, isExchanged } from './presented-token.ts'

/**
 * `POST /oauth/revoke` (RFC 7009). The session of a token ends, and with it all its tokens. The answer is the same for a token that is not
 * valid, or of another application, which stays valid.
 */
export async function answerRevocation(
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  const parameters = await readParameters(request)
  const client = await authenticateClient(request, parameters, core)
  await revokePresented(parameters.require('token'), client, core)
  return json({})
}

/** Nothing happens if the token is not valid, or of another application. @throws AuthError `unsupported_token_type` if it was exchanged */
export async function revokePresented(
  presented: string,
  client: StoredClient,
  core: Core,
): Promise<void> {
  const token = await findIssued(presented, core)
  if (token === undefined || token.claims.client_id !== client.id) return
  // Its session is the user's, or another application's.
  if (isExchanged(token)) throw new AuthError('unsupported_token_type')
  await revokeToken(token, client, core)
}

async function revokeToken(
  { claims, session }: IssuedToken,
  client: StoredClient,
  core: Core,
): Promise<void> {
  if (isOfClient(claims)) {
    if (session.id === client.sessionId) await endOwnTokens(client, core)
    return
  }
  const { id, userId } = session
  await revokeConsent({ id, userId, clientId: client.id }, core)
}
