import type * as OAuth from 'oauth4webapi'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import type { SocialState } from './begin.ts'
import { withProviderErrors } from './library.ts'
import { profileOf } from './profile.ts'
import type { ProviderClaims, ProviderSettings, SocialProfile } from './provider.ts'
import { withReturnedName } from './returned-name.ts'
import { clientAuthOf, openProvider, type ProviderServer } from './server.ts'
import { browserIn, secretOf } from './state.ts'

/** The response of a provider's authorization page. */
export interface ReturnedSocial {
  /** The parameters of the return: `code`, `state`, `iss`, `error`. */
  readonly parameters: URLSearchParams
  /** Whether all parameters are present: a front end may pass on `code` and `state` alone. */
  readonly isComplete: boolean
}

export interface FinishedSocial {
  readonly profile: SocialProfile
  readonly state: SocialState
}

/**
 * Finishes what `beginSocial` began: redeems the state and exchanges the code for a profile.
 *
 * @throws AuthError `invalid_code` if the state belongs to another browser, is redeemed or expired; `provider_refused`,
 *   `temporarily_unavailable`
 */
export async function finishSocial(
  settings: ProviderSettings,
  returned: ReturnedSocial,
  request: AuthRequest,
  core: Core,
): Promise<FinishedSocial> {
  const secret = returned.parameters.get('state') ?? ''
  const browser = browserIn(request, core)
  if (browser === undefined)
    throw new AuthError(
      'invalid_code',
      'the cookie of the browser that began the sign-in is missing',
    )
  const state = await redeemState(secret, browser, settings, core)
  const profile = await exchange(settings, returned, core, {
    state: secret,
    redirectUri: state.redirectUri,
    verifier: settings.pkce ? secretOf(secret, browser, 'verifier') : undefined,
    nonce: settings.nonce ? secretOf(secret, browser, 'nonce') : undefined,
  })
  return { profile, state }
}

async function redeemState(
  secret: string,
  browser: string,
  { name }: ProviderSettings,
  core: Core,
): Promise<SocialState> {
  const { payload } = await redeemCode(
    { purpose: 'social_state', secret, binding: browser },
    core,
  )
  const state = payload as unknown as SocialState
  // A code of one provider must not be sent to another (RFC 9700 §4.4).
  if (state.provider !== name)
    throw new AuthError('invalid_code', 'the state belongs to another provider')
  return state
}

/** The parameters that a code is exchanged with. */
export interface CodeExchange {
  /** `undefined` if the application began the sign-in itself. */
  readonly state: string | undefined
  readonly redirectUri: string
  readonly verifier: string | undefined
  readonly nonce: string | undefined
}

/** Exchanges a code for a profile. @throws AuthError `provider_refused`, `temporarily_unavailable` */
export async function exchange(
  settings: ProviderSettings,
  { parameters, isComplete }: ReturnedSocial,
  core: Core,
  { state, redirectUri, verifier, nonce }: CodeExchange,
): Promise<SocialProfile> {
  const provider = await openProvider(settings, core)
  const { library, server, client, requestOptions } = provider
  const response = await withProviderErrors(settings.name, async () => {
    const checked = library.validateAuthResponse(
      isComplete ? server : withoutIssuerParameter(server),
      client,
      parameters,
      state ?? library.expectNoState,
    )
    return library.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthOf(provider),
      checked,
      redirectUri,
      verifier ?? library.nopkce,
      requestOptions,
    )
  })
  const claims = await claimsOf(provider, response, nonce)
  const { formPost } = settings
  return profileOf(formPost ? withReturnedName(claims, parameters) : claims, settings)
}

/** A front end that passes on the code alone lacks `iss`: the state names the provider. */
const withoutIssuerParameter = (
  server: OAuth.AuthorizationServer,
): OAuth.AuthorizationServer => ({
  ...server,
  authorization_response_iss_parameter_supported: false,
})

async function claimsOf(
  provider: ProviderServer,
  response: Response,
  nonce: string | undefined,
): Promise<ProviderClaims> {
  const { library, settings, server, client } = provider
  const isOidc = settings.issuer !== undefined
  const tokens = await withProviderErrors(settings.name, () =>
    library.processAuthorizationCodeResponse(server, client, response, {
      ...(nonce !== undefined && { expectedNonce: nonce }),
      requireIdToken: isOidc,
    }),
  )
  const claims = library.getValidatedIdTokenClaims(tokens)
  if (!isOidc || claims === undefined) return userInfo(provider, tokens.access_token)
  await verifySignature(provider, response)
  return withUserInfo(provider, tokens.access_token, claims)
}

/** Must precede every use of the claims of an ID token. */
export async function verifySignature(
  { library, settings, server, requestOptions }: ProviderServer,
  response: Response,
): Promise<void> {
  await withProviderErrors(settings.name, () =>
    library.validateApplicationLevelSignature(server, response, requestOptions),
  )
}

/** Some providers return the email address from the UserInfo endpoint only. */
async function withUserInfo(
  provider: ProviderServer,
  accessToken: string,
  claims: OAuth.IDToken,
): Promise<ProviderClaims> {
  const { settings, server } = provider
  const asks = settings.scope.split(' ').includes('email')
  const lacks = asks && claims.email === undefined
  if (!lacks || server.userinfo_endpoint === undefined) return claims
  return { ...(await userInfo(provider, accessToken, claims.sub)), ...claims }
}

/** @param subject of the ID token. Default: any */
export async function userInfo(
  provider: ProviderServer,
  accessToken: string,
  subject?: string,
): Promise<ProviderClaims> {
  const { library, settings, server, client, requestOptions } = provider
  if (settings.issuer === undefined) return plainProfile(provider, accessToken)
  return withProviderErrors(settings.name, async () => {
    const response = await library.userInfoRequest(
      server,
      client,
      accessToken,
      requestOptions,
    )
    return library.processUserInfoResponse(
      server,
      client,
      subject ?? library.skipSubjectCheck,
      response,
    )
  })
}

/** The profile of a provider without OpenID Connect, with the list of email addresses, which GitHub has at another endpoint. */
async function plainProfile(
  provider: ProviderServer,
  accessToken: string,
): Promise<ProviderClaims> {
  const { settings, server } = provider
  const profile = await resource(provider, accessToken, server.userinfo_endpoint ?? '')
  if (settings.emails === undefined) return profile as ProviderClaims
  const emails = await resource(provider, accessToken, settings.emails)
  return { ...(profile as ProviderClaims), emails }
}

const resource = (
  { library, settings, requestOptions }: ProviderServer,
  accessToken: string,
  url: string,
): Promise<unknown> =>
  withProviderErrors(settings.name, async () => {
    const headers = new Headers({ accept: 'application/json' })
    const response = await library.protectedResourceRequest(
      accessToken,
      'GET',
      new URL(url),
      headers,
      undefined,
      requestOptions,
    )
    if (response.status !== 200)
      throw new Error(`the profile was answered with status ${response.status}`)
    const value: unknown = await response.json()
    if (typeof value !== 'object' || value === null)
      throw new Error('the profile is not a JSON object')
    return value
  })
