import { AuthError } from '../../base/errors.ts'
import type { Core } from '../core.ts'
import { userInfo, verifySignature } from './finish.ts'
import { withProviderErrors } from './library.ts'
import { profileOf } from './profile.ts'
import type {
  ProviderClaims,
  ProviderSettings,
  SocialProfile,
  TokenProof,
} from './provider.ts'
import { clientAuthOf, openProvider, type ProviderServer } from './server.ts'

/**
 * The profile of an ID token that an application has received. Its issuer, audience, times, nonce and signature are checked.
 *
 * @param nonce what the application sent to the provider; required if the token has one
 * @throws AuthError `provider_refused`, `temporarily_unavailable`
 */
export async function profileOfIdToken(
  settings: ProviderSettings,
  idToken: string,
  nonce: string | undefined,
  core: Core,
): Promise<SocialProfile> {
  if (settings.issuer === undefined)
    throw new AuthError(
      'provider_refused',
      `${settings.name} issues no ID tokens: send a code`,
    )
  const provider = await openProvider(settings, core)
  const { library, server, client } = provider
  const audience = trustedAudience(audiencesIn(idToken), settings)
  // The library checks ID tokens in answers of a token endpoint.
  const response = Response.json({
    access_token: 'none',
    token_type: 'bearer',
    id_token: idToken,
  })
  const tokens = await withProviderErrors(settings.name, () =>
    library.processAuthorizationCodeResponse(
      server,
      { ...client, client_id: audience },
      response,
      { ...(nonce !== undefined && { expectedNonce: nonce }), requireIdToken: true },
    ),
  )
  await verifySignature(provider, response)
  return profileOf(library.getValidatedIdTokenClaims(tokens) ?? {}, settings)
}

/** Not verified: it only selects the audience that the library then checks. */
function audiencesIn(idToken: string): readonly unknown[] {
  try {
    const [, payload = ''] = idToken.split('.')
    const { aud } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return [aud].flat()
  } catch {
    return []
  }
}

/** @throws AuthError `provider_refused` if a token was issued for another application (SO-03) */
function trustedAudience(
  presented: readonly unknown[],
  { name, audiences }: ProviderSettings,
): string {
  const audience = audiences.find((each) => presented.includes(each))
  if (audience !== undefined) return audience
  throw new AuthError(
    'provider_refused',
    `${name}: the token was issued for another application: list its id in trustedAudiences`,
  )
}

/**
 * The profile of an access token that an application has received. The provider must prove for which application it was issued.
 *
 * @throws AuthError `provider_refused`, `temporarily_unavailable`
 */
export async function profileOfAccessToken(
  settings: ProviderSettings,
  accessToken: string,
  core: Core,
): Promise<SocialProfile> {
  const provider = await openProvider(settings, core)
  const audiences = await audiencesOf(provider, accessToken)
  trustedAudience(audiences, settings)
  return profileOf(await userInfo(provider, accessToken), settings)
}

/** @throws AuthError `provider_refused` if the provider cannot prove it */
function audiencesOf(
  provider: ProviderServer,
  accessToken: string,
): Promise<readonly unknown[]> {
  const { settings, server } = provider
  if (settings.tokenProof !== undefined)
    return provenAudiences(provider, settings.tokenProof, accessToken)
  if (server.introspection_endpoint !== undefined)
    return introspectedAudiences(provider, accessToken)
  const message = `${settings.name} does not prove for which application an access token was issued: send an ID token or a code`
  throw new AuthError('provider_refused', message)
}

async function provenAudiences(
  { settings, requests }: ProviderServer,
  proof: TokenProof,
  accessToken: string,
): Promise<readonly unknown[]> {
  const { clientId: id, clientSecret } = settings
  const secret = typeof clientSecret === 'string' ? clientSecret : ''
  const { url, ...init } = proof.request(accessToken, { id, secret })
  const response = await requests.fetch(url, {
    ...init,
    headers: { accept: 'application/json', ...init.headers },
  })
  return withProviderErrors(settings.name, async () => {
    if (response.status !== 200)
      throw new Error(
        `the check of the token was answered with status ${response.status}`,
      )
    const body: unknown = await response.json()
    return [proof.audienceOf(body as ProviderClaims)].flat()
  })
}

const introspectedAudiences = (
  provider: ProviderServer,
  accessToken: string,
): Promise<readonly unknown[]> =>
  withProviderErrors(provider.settings.name, async () => {
    const { library, server, client, requestOptions } = provider
    const response = await library.introspectionRequest(
      server,
      client,
      clientAuthOf(provider),
      accessToken,
      requestOptions,
    )
    const found = await library.processIntrospectionResponse(server, client, response)
    if (!found.active) throw new Error('the token is not active')
    // An `aud` names who may receive the token, not for whom it was issued (RFC 7662 §2.2).
    return [found.client_id]
  })
