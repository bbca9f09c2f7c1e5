import { AuthError } from '../../../base/errors.ts'
import type { Core } from '../../core.ts'
import { providersIn } from '../../social/options.ts'
import { isOwnApplication } from '../client.ts'
import type { TokenRequest } from '../grant.ts'
import { requestedAudiences, requestedScopes } from '../grant-request.ts'
import { invalidRequest } from '../oauth-error.ts'
import type { UserTokenAnswer } from '../user-tokens.ts'
import { ACCESS_TOKEN, type ProviderExchange, parseExchange } from './exchange-request.ts'
import { exchangeOwn } from './own-token.ts'
import { signInByProvider } from './provider-token.ts'

/** RFC 8693 §2.2.1. */
export interface ExchangeAnswer extends UserTokenAnswer {
  readonly issued_token_type: typeof ACCESS_TOKEN
}

/**
 * Exchanges a token for an access token (RFC 8693).
 *
 * @throws AuthError `invalid_request` if a token is not valid, or the application may not present it; `invalid_scope`, `invalid_target`,
 *   `unauthorized_client`, `invalid_dpop_proof`
 */
export async function exchangeToken(
  request: TokenRequest,
  core: Core,
): Promise<ExchangeAnswer> {
  const { client, parameters } = request
  const { resource, audience } = parameters
  const exchange = parseExchange(parameters)
  const audiences = requestedAudiences([...resource, ...audience], client, core)
  const answer =
    exchange.kind === 'own'
      ? await exchangeOwn(exchange, audiences, request, core)
      : await exchangeOfProvider(exchange, audiences, request, core)
  return { ...answer, issued_token_type: ACCESS_TOKEN }
}

async function exchangeOfProvider(
  { provider, token, type, nonce }: ProviderExchange,
  audiences: readonly string[],
  { client, parameters, request, jkt }: TokenRequest,
  core: Core,
): Promise<UserTokenAnswer> {
  // It signs a user in without the consent page.
  if (!isOwnApplication(client)) throw new AuthError('unauthorized_client')
  const scopes = requestedScopes(parameters.get('scope'), client, core)
  const settings = providersIn(core.section).get(provider)
  if (settings === undefined)
    throw invalidRequest('The subject_issuer is not a provider of this server.')
  const presented = { token, type, nonce }
  const grant = { client, scopes, audiences, request, jkt }
  return signInByProvider(settings, presented, grant, core).catch(asInvalidSubject)
}

const REFUSED: readonly string[] = [
  'provider_refused',
  'account_exists',
  'no_active_account',
  'invalid_grant',
]

/** RFC 8693 §2.2.2. */
function asInvalidSubject(error: unknown): never {
  if (!(error instanceof AuthError) || !REFUSED.includes(error.code)) throw error
  const { message, detail } = error
  throw new AuthError('invalid_request', message, { detail, cause: error })
}
