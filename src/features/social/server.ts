import type * as OAuth from 'oauth4webapi'
import type { UnixSeconds } from '../../base/clock.ts'
import { importSigningKey, sign } from '../../jwt/index.ts'
import type { Core } from '../core.ts'
import {
  oauthLibrary,
  type ProviderRequests,
  providerRequests,
  withProviderErrors,
} from './library.ts'
import type { AppleKey, ProviderSettings } from './provider.ts'

/** A provider with its endpoints, and the arguments of the library's functions. */
export interface ProviderServer {
  readonly library: typeof OAuth
  readonly settings: ProviderSettings
  readonly server: OAuth.AuthorizationServer
  readonly client: OAuth.Client
  readonly requests: ProviderRequests
  /** For each request of the library. */
  readonly requestOptions: RequestOptions
  readonly core: Pick<Core, 'clock'>
}

type RequestOptions = Pick<OAuth.TokenEndpointRequestOptions, 'signal'>

/** @throws AuthError `temporarily_unavailable`, `provider_refused` if its discovery document is not right */
export async function openProvider(
  settings: ProviderSettings,
  core: Pick<Core, 'clock'>,
): Promise<ProviderServer> {
  const library = await oauthLibrary()
  const requests = providerRequests(settings.name)
  const requestOptions = {
    signal: requests.signal,
    [library.customFetch]: requests.fetch,
    [library.allowInsecureRequests]: isLocal(settings),
  } as RequestOptions
  const server = await serverOf(settings, library, requestOptions, core.clock())
  const client: OAuth.Client = {
    client_id: settings.clientId,
    [library.clockSkew]: Math.round(core.clock() - Date.now() / 1000),
    [library.clockTolerance]: CLOCK_TOLERANCE,
  }
  return { library, settings, server, client, requests, requestOptions, core }
}

/** How far the clocks of provider and instance may differ, in seconds. */
const CLOCK_TOLERANCE = 30

/** Plain http is allowed for localhost only; the addresses were checked at the start. */
const isLocal = ({ issuer, endpoints }: ProviderSettings): boolean =>
  (issuer ?? endpoints?.token ?? '').startsWith('http://')

/** How long a discovery document is used, in seconds. */
const DISCOVERY_LIFETIME = 3600

interface Discovered {
  readonly server: Promise<OAuth.AuthorizationServer>
  readonly at: UnixSeconds
}

const discovered = new WeakMap<ProviderSettings, Discovered>()

function serverOf(
  settings: ProviderSettings,
  library: typeof OAuth,
  options: RequestOptions,
  now: UnixSeconds,
): Promise<OAuth.AuthorizationServer> {
  const known = discovered.get(settings)
  if (known !== undefined && Math.abs(now - known.at) < DISCOVERY_LIFETIME)
    return known.server
  const server = withProviderErrors(settings.name, () =>
    findServer(settings, library, options),
  )
  discovered.set(settings, { server, at: now })
  // Failures are not cached.
  server.catch(() => discovered.delete(settings))
  return server
}

async function findServer(
  { issuer, otherIssuer, endpoints, tenants }: ProviderSettings,
  library: typeof OAuth,
  options: RequestOptions,
): Promise<OAuth.AuthorizationServer> {
  if (issuer === undefined || endpoints !== undefined)
    return {
      issuer: issuer ?? new URL(endpoints?.token ?? '').origin,
      authorization_endpoint: endpoints?.authorization ?? '',
      token_endpoint: endpoints?.token ?? '',
      userinfo_endpoint: endpoints?.userInfo ?? '',
      ...(endpoints?.introspection && {
        introspection_endpoint: endpoints.introspection,
      }),
    }
  const url = new URL(issuer)
  const response = await library.discoveryRequest(url, options)
  const { _nodiscoverycheck: anyIssuer, _expectedIssuer: issuerIn } =
    library as unknown as IssuerSymbols
  if (tenants === undefined) {
    const server = await library.processDiscoveryResponse(url, response)
    return { ...server, [issuerIn]: spelledIssuer(server.issuer, otherIssuer) }
  }
  // Microsoft's document has a placeholder where each tenant's tokens have their own id.
  const server = await library.processDiscoveryResponse(anyIssuer, response)
  return {
    ...server,
    [issuerIn]: ({ claims }: IdToken) =>
      server.issuer.replace('{tenantid}', tenantOf(claims.tid, tenants)),
  }
}

interface IdToken {
  readonly claims: { readonly iss?: unknown; readonly tid?: unknown }
}

const spelledIssuer =
  (issuer: string, other: string | undefined) =>
  ({ claims }: IdToken): string =>
    other !== undefined && claims.iss === other ? other : issuer

/** The tenant of personal accounts: "ID token claims reference" of Microsoft's documentation. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** @returns a name that no tenant has, unless the tenant may sign in */
function tenantOf(tid: unknown, tenants: 'any' | 'organizations'): string {
  const isExcluded = tenants === 'organizations' && tid === CONSUMERS
  return isExcluded || typeof tid !== 'string' ? 'none' : tid
}

/** Exports of the library that its types leave out: `openid-client` reads Microsoft's tenants with them, too. */
interface IssuerSymbols {
  readonly _nodiscoverycheck: URL
  readonly _expectedIssuer: symbol
}

/** The client authentication of the provider. */
export function clientAuthOf({
  library,
  settings,
  core,
}: Pick<ProviderServer, 'library' | 'settings' | 'core'>): OAuth.ClientAuth {
  const { clientSecret, clientAuth, clientId } = settings
  if (clientSecret === undefined) return library.None()
  if (typeof clientSecret !== 'string')
    return library.ClientSecretPost(appleSecret(clientSecret, clientId, core.clock()))
  if (clientAuth === 'post') return library.ClientSecretPost(clientSecret)
  return library.ClientSecretBasic(clientSecret)
}

/** Apple's client secret is a token that the application signs: "Creating a client secret" of its documentation. */
export const appleSecret = (
  { teamId, keyId, privateKey }: AppleKey,
  clientId: string,
  now: UnixSeconds,
): string => {
  const iat = Math.floor(now)
  return sign(
    { iss: teamId, sub: clientId, aud: 'https://appleid.apple.com', iat, exp: iat + 300 },
    importSigningKey('ES256', privateKey, { kid: keyId }),
  )
}
