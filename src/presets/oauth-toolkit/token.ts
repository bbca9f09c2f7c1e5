import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import type { TokenAnswer } from '../../features/oauth/access-token.ts'
import type { GrantType, StoredClient } from '../../features/oauth/client.ts'
import { authenticateClient } from '../../features/oauth/client-authentication.ts'
import { signInForClient } from '../../features/oauth/direct-grant.ts'
import { tokenKeyOf } from '../../features/oauth/dpop/token-key.ts'
import type { TokenRequest } from '../../features/oauth/grant.ts'
import {
  requestedAudiences,
  requestedScopes,
} from '../../features/oauth/grant-request.ts'
import { GRANTS, grantTypes } from '../../features/oauth/grants.ts'
import { oauthSettings } from '../../features/oauth/issuer.ts'
import { invalidRequest } from '../../features/oauth/oauth-error.ts'
import type { Parameters } from '../../features/oauth/parameters.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { AuthRequest, Header } from '../../http/request.ts'
import { NO_CACHE } from './errors.ts'
import type { OAuthToolkitSettings } from './options.ts'
import { withScope } from './parameters.ts'

/** What the token endpoint depends on. */
export type TokenSettings = Pick<OAuthToolkitSettings, 'defaultScopes' | 'passwordGrant'>

/** `POST /o/token/`. @throws AuthError of the OAuth codes; `no_active_account` for a wrong password */
export async function answerToken(
  parameters: Parameters,
  request: AuthRequest,
  settings: TokenSettings,
  core: Core,
): Promise<Answer> {
  const type = parameters.get('grant_type') ?? ''
  const isPassword = type === 'password' && settings.passwordGrant.length > 0
  const known: readonly string[] = grantTypes(oauthSettings(core))
  if (!isPassword && !known.includes(type)) throw new AuthError('unsupported_grant_type')
  const client = await authenticateClient(request, parameters, core)
  const { jkt, headers } = await tokenKeyOf(request, client, core)
  const asked = { parameters, client, request, jkt }
  const answer = isPassword
    ? await passwordGrant(asked, settings, core)
    : await grantOf(type as GrantType, asked, settings, core)
  return tokenAnswer(answer, headers)
}

/** The members in the order of the toolkit. HTTP/1.0 caches read `Pragma` (RFC 6749 §5.1). */
export function tokenAnswer(
  { access_token, expires_in, token_type, scope, ...others }: TokenAnswer,
  headers: readonly Header[] = [],
): Answer {
  const body = { access_token, expires_in, token_type, scope, ...others }
  return json(body, { headers: [NO_CACHE, ...headers] })
}

async function grantOf(
  type: GrantType,
  request: TokenRequest,
  settings: TokenSettings,
  core: Core,
): Promise<TokenAnswer> {
  const { client, parameters } = request
  if (!client.grants.includes(type)) throw new AuthError('unauthorized_client')
  const grant = await GRANTS[type]()
  if (type !== 'client_credentials') return grant(request, core)
  const scope = defaultScope(client, settings)
  return grant({ ...request, parameters: withScope(parameters, scope) }, core)
}

/** The option `defaultScopes`, as far as the application may ask for them. */
export function defaultScope(
  { scopes }: StoredClient,
  { defaultScopes }: Pick<TokenSettings, 'defaultScopes'>,
): string | undefined {
  if (defaultScopes === undefined) return undefined
  return defaultScopes.filter((each) => scopes.includes(each)).join(' ') || undefined
}

async function passwordGrant(
  { parameters, client, request, jkt }: TokenRequest,
  settings: TokenSettings,
  core: Core,
): Promise<TokenAnswer> {
  const username = required(parameters, 'username')
  const password = required(parameters, 'password')
  if (!settings.passwordGrant.includes(client.id))
    throw new AuthError('unauthorized_client')
  const scope = parameters.get('scope') ?? defaultScope(client, settings)
  const scopes = requestedScopes(scope, client, core)
  const audiences = requestedAudiences(parameters.resource, client, core)
  const account = await core.checkPasswordUntrimmed(username, password, request)
  const granted = { client, account, scopes, audiences, methods: ['pwd'], request, jkt }
  return signInForClient(granted, core)
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value !== undefined) return value
  throw invalidRequest(`Request is missing ${name} parameter.`)
}
