import type { Core } from '../../features/core.ts'
import { authenticateClient } from '../../features/oauth/client-authentication.ts'
import type { Parameters } from '../../features/oauth/parameters.ts'
import { revokePresented } from '../../features/oauth/revoke.ts'
import { type Answer, empty } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import { NO_CACHE } from './errors.ts'
import { toolkitParameters } from './parameters.ts'

/** `POST /o/revoke_token/` (RFC 7009): the session of the token ends. */
export async function answerRevocation(
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  await revoke(await toolkitParameters(request), request, core)
  return empty({ status: 200, headers: [NO_CACHE] })
}

export async function revoke(
  parameters: Parameters,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const client = await authenticateClient(request, parameters, core)
  await revokePresented(parameters.require('token'), client, core)
}
