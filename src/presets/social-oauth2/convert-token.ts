import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { isOwnApplication, type StoredClient } from '../../features/oauth/client.ts'
import { authenticateClient } from '../../features/oauth/client-authentication.ts'
import { tokenKeyOf } from '../../features/oauth/dpop/token-key.ts'
import { signInByProvider } from '../../features/oauth/exchange/provider-token.ts'
import {
  requestedAudiences,
  requestedScopes,
} from '../../features/oauth/grant-request.ts'
import { invalidRequest } from '../../features/oauth/oauth-error.ts'
import type { Parameters } from '../../features/oauth/parameters.ts'
import { clientStore } from '../../features/oauth/sql.ts'
import { providersIn } from '../../features/social/options.ts'
import type { Answer } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import { defaultScope, tokenAnswer } from '../oauth-toolkit/token.ts'
import type { SocialOAuth2Settings } from './options.ts'

/** `POST /auth/convert-token/`: the token exchange of `/oauth/token` for the token of a provider, by another name. @throws AuthError of the OAuth codes */
export async function convertToken(
  parameters: Parameters,
  request: AuthRequest,
  settings: SocialOAuth2Settings,
  core: Core,
): Promise<Answer> {
  if (parameters.get('grant_type') !== 'convert_token')
    throw new AuthError('unsupported_grant_type')
  const token = parameters.require('token')
  const backend = parameters.require('backend')
  const client = await ownClient(parameters, request, core)
  const { jkt, headers } = await tokenKeyOf(request, client, core)
  const scope = parameters.get('scope') ?? defaultScope(client, settings)
  const scopes = requestedScopes(scope, client, core)
  const audiences = requestedAudiences(parameters.resource, client, core)
  const provider = providersIn(core.section).get(backend)
  if (provider === undefined) throw invalidRequest('Invalid backend parameter.')
  const type = parameters.get('token_type') === 'id_token' ? 'id_token' : 'access_token'
  const presented = { token, type, nonce: parameters.get('nonce') } as const
  const grant = { client, scopes, audiences, request, jkt }
  const tokens = await signInByProvider(provider, presented, grant, core).catch(refuse)
  return tokenAnswer(tokens, headers)
}

/** An application of the operator's own. @throws AuthError `invalid_request`, `invalid_client`, `unauthorized_client` */
async function ownClient(
  parameters: Parameters,
  request: AuthRequest,
  core: Core,
): Promise<StoredClient> {
  const id = parameters.require('client_id')
  const { clients } = core.ports(clientStore)
  if ((await clients.find(id)) === undefined)
    throw invalidRequest('Invalid client_id parameter value.')
  const client = await authenticateClient(request, parameters, core)
  if (isOwnApplication(client) && client.grants.includes('refresh_token')) return client
  throw new AuthError('unauthorized_client')
}

/** What the provider says is in the log alone. */
function refuse(error: unknown): never {
  throw error instanceof AuthError ? translated(error) : error
}

function translated(error: AuthError): AuthError {
  const { code, message, detail } = error
  if (code === 'no_active_account') return inactive(error)
  if (code === 'provider_refused')
    return accessDenied("Your credentials aren't allowed", message)
  if (code === 'account_exists') return accessDenied(detail, message)
  return error
}

const accessDenied = (description: string, message: string): AuthError =>
  new AuthError('provider_refused', message, {
    body: { error: 'access_denied', error_description: description },
  })

const inactive = ({ message }: AuthError): AuthError =>
  new AuthError('invalid_grant', message, { detail: 'User inactive or deleted.' })
