import * as z from 'zod/mini'
import { parseSecureUrl } from '../../base/fetch-json.ts'
import { functionOf, name, withDefault } from '../../schema/shapes.ts'
import type { ProfileMapping, ProviderEndpoints, TokenProof } from './provider.ts'
import type { SocialProviderOptions } from './provider-options.ts'

type CommonOptions = Omit<
  SocialProviderOptions,
  'provider' | 'issuer' | 'tenant' | 'teamId' | 'keyId' | 'privateKey'
>

interface ProtocolOptions extends CommonOptions {
  /**
   * How the client authenticates at the token endpoint: in the body, or in the header.
   *
   * @default "post"
   */
  readonly clientAuth?: 'basic' | 'post'
  /**
   * Whether PKCE (RFC 7636) is used.
   *
   * @default true
   */
  readonly pkce?: boolean
  /**
   * Returns the profile for the claims.
   *
   * @default the standard claims of OpenID Connect
   */
  readonly profile?: ProfileMapping
  /**
   * Proves for which application an access token was issued.
   *
   * @default introspection (RFC 7662), if the provider has it; else access tokens are refused
   */
  readonly tokenProof?: TokenProof
}

/** The options of a provider with OpenID Connect. */
export interface OidcOptions extends ProtocolOptions {
  /**
   * Whether the ID token repeats a nonce.
   *
   * @default true
   */
  readonly nonce?: boolean
}

/** The options of a provider with OAuth 2 alone. */
export interface OAuth2Options extends ProtocolOptions {
  readonly endpoints: ProviderEndpoints
  readonly profile: ProfileMapping
}

/** What `oidc()` and `oauth2()` return, for the option `social`. */
export interface CustomProvider extends ProtocolOptions {
  readonly protocol: 'oidc' | 'oauth2'
  readonly issuer?: string
  readonly endpoints?: ProviderEndpoints
  readonly nonce?: boolean
}

/**
 * A provider with OpenID Connect, for the option `social`.
 *
 * @param issuer its address, below which it has `/.well-known/openid-configuration`
 * @throws AuthError `invalid_config` if the address is not https; plain http is allowed for localhost
 */
export function oidc(issuer: string, options: OidcOptions): CustomProvider {
  parseSecureUrl(issuer, 'oidc(issuer)')
  return { ...options, protocol: 'oidc', issuer }
}

/**
 * A provider with OAuth 2 and an endpoint that shows the profile, for the option `social`.
 *
 * @throws AuthError `invalid_config` if an address is not https; plain http is allowed for localhost
 */
export function oauth2(options: OAuth2Options): CustomProvider {
  for (const [each, address] of Object.entries(options.endpoints))
    if (address !== undefined) parseSecureUrl(address, `oauth2: endpoints.${each}`)
  return { ...options, protocol: 'oauth2', nonce: false }
}

/** The options of `oidc()` and `oauth2()` that built-in providers do not have. */
export const customProvider = () => ({
  protocol: z.enum(['oidc', 'oauth2']),
  issuer: z.optional(name),
  endpoints: z.optional(
    z.strictObject({
      authorization: name,
      token: name,
      userInfo: name,
      introspection: z.optional(name),
    }),
  ),
  clientAuth: withDefault(z.enum(['basic', 'post']), 'post'),
  pkce: withDefault(z.boolean(), true),
  nonce: withDefault(z.boolean(), true),
  profile: z.optional(functionOf<ProfileMapping>()),
  tokenProof: z.optional(
    z.custom<TokenProof>(
      (value) => typeof value === 'object' && value !== null,
      'must be { request, audienceOf }',
    ),
  ),
})
