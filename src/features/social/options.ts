import * as z from 'zod/mini'
import { parseSecureUrl } from '../../base/fetch-json.ts'
import { functionOf, name, whenGiven, withDefault } from '../../schema/shapes.ts'
import type { SectionReader } from '../core.ts'
import { type CustomProvider, customProvider } from './custom-providers.ts'
import type { ProviderSettings, SocialProfile } from './provider.ts'
import type { SocialProviderOptions } from './provider-options.ts'
import {
  isReadyName,
  READY_PROVIDERS,
  type ReadyName,
  type ReadyProvider,
  standardProfile,
} from './ready-providers.ts'

/** The option `social`: providers to sign in with, by their names. */
export type SocialOptions = Readonly<
  Record<string, SocialProviderOptions | CustomProvider>
>

/** The options that built-in and custom providers share. */
const common = () => ({
  clientId: name,
  clientSecret: z.optional(name),
  label: z.optional(name),
  scope: z.optional(name),
  redirectUris: withDefault(
    z.array(z.url('must be a URL, such as "https://app.example.com/signed-in"')),
    [],
  ),
  trustedAudiences: withDefault(z.array(name), []),
  linkByVerifiedEmail: withDefault(z.boolean(), false),
  signUp: z.optional(z.boolean()),
  attributes: z.optional(functionOf<(profile: SocialProfile) => object>()),
})

const readyShape = () =>
  ({
    ...common(),
    provider: z.optional(z.enum(Object.keys(READY_PROVIDERS) as [ReadyName])),
    issuer: z.optional(name),
    tenant: z.optional(
      z
        .string()
        .check(
          z.regex(
            /^[\w.-]+$/,
            'must be a tenant id, "common", "organizations" or "consumers"',
          ),
        ),
    ),
    teamId: z.optional(name),
    keyId: z.optional(name),
    privateKey: z.optional(name),
  }) satisfies Record<keyof SocialProviderOptions, z.ZodMiniType>

const ready = () => z.strictObject(readyShape())
const customMembers = () => z.strictObject({ ...common(), ...customProvider() })

/** The options of a provider, parsed. */
type Ready = z.output<ReturnType<typeof ready>>
type Custom = z.output<ReturnType<typeof customMembers>>

/** The name is part of paths. */
const providerName = () =>
  z
    .string()
    .check(
      z.regex(
        /^[a-z][a-z\d-]{0,31}$/,
        'must be lower-case letters, digits and hyphens, such as "acme"',
      ),
    )

const entry = () =>
  z.union(
    [ready(), customMembers()],
    'must be { clientId, clientSecret, … } of google, microsoft, apple, github, gitlab, facebook, discord, linkedin, keycloak or auth0, or what oidc() or oauth2() returns',
  )

export type SocialSettings = ReadonlyMap<string, ProviderSettings>

export const socialOptions = whenGiven<SocialOptions>()(() =>
  z.pipe(
    z.record(providerName(), entry()),
    z.transform((value, payload): SocialSettings => {
      const settings = new Map<string, ProviderSettings>()
      for (const [each, options] of Object.entries(value)) {
        const parsed = settingsOf(each, options)
        if (typeof parsed !== 'string') settings.set(each, parsed)
        else
          payload.issues.push({
            code: 'custom',
            message: parsed,
            input: options,
            path: [each],
          })
      }
      return settings
    }),
  ),
)

/** The option `social`; no providers if it is off. */
export const providersIn = (section: SectionReader): SocialSettings =>
  section(socialOptions) ?? NONE

const NONE: SocialSettings = new Map()

/** Whether a provider is configured: for `mount`. */
export const hasSocial = (section: SectionReader): boolean =>
  providersIn(section).size > 0

/** @returns a message if something is missing */
function settingsOf(own: string, options: Ready | Custom): ProviderSettings | string {
  if ('protocol' in options) return customSettings(own, options)
  const { provider = own } = options
  if (!isReadyName(provider))
    return 'is not a built-in provider: use oidc() or oauth2(), or set "provider" to a built-in one'
  return readySettings(own, provider, options)
}

function readySettings(
  own: string,
  provider: ReadyName,
  options: Ready,
): ProviderSettings | string {
  const known: ReadyProvider = READY_PROVIDERS[provider]
  const issuer = issuerOf(known, options)
  if (issuer === 'option')
    return 'needs "issuer": set it to the URL of the realm or tenant'
  const { tenant = 'common', teamId, keyId, privateKey } = options
  const isApple = provider === 'apple'
  if (isApple && [teamId, keyId, privateKey].includes(undefined))
    return 'needs teamId, keyId and privateKey: copy them from your Apple developer account'
  const appleKey = { teamId, keyId, privateKey } as Record<
    'teamId' | 'keyId' | 'privateKey',
    string
  >
  return {
    ...shared(own, options),
    label: options.label ?? known.label,
    issuer,
    otherIssuer: options.issuer === undefined ? known.otherIssuer : undefined,
    tenants: provider === 'microsoft' ? tenantsOf(tenant) : undefined,
    endpoints: known.endpoints,
    clientSecret: isApple ? appleKey : options.clientSecret,
    clientAuth: 'post',
    scope: options.scope ?? known.scope,
    pkce: known.pkce ?? true,
    nonce: known.nonce ?? issuer !== undefined,
    formPost: known.formPost ?? false,
    emails: known.emails,
    profile: known.profile ?? standardProfile,
    // Its addresses are those of the provider's own server.
    ...(options.issuer === undefined && { tokenProof: known.tokenProof }),
  }
}

/** The names that stand for several tenants. */
function tenantsOf(tenant: string): ProviderSettings['tenants'] {
  if (tenant === 'organizations') return 'organizations'
  return tenant === 'common' || tenant === 'consumers' ? 'any' : undefined
}

function issuerOf(known: ReadyProvider, { issuer, tenant }: Ready): string | undefined {
  if (issuer !== undefined && known.issuer !== undefined)
    return parseSecureUrl(issuer, 'social: issuer') && issuer
  if (tenant === undefined) return known.issuer
  return known.issuer?.replace('common', tenant)
}

const customSettings = (own: string, options: Custom): ProviderSettings => ({
  ...shared(own, options),
  label: options.label ?? own,
  issuer: options.issuer,
  otherIssuer: undefined,
  tenants: undefined,
  endpoints: options.endpoints,
  clientSecret: options.clientSecret,
  clientAuth: options.clientAuth,
  scope: options.scope ?? (options.protocol === 'oidc' ? 'openid email profile' : ''),
  pkce: options.pkce,
  nonce: options.nonce,
  formPost: false,
  emails: undefined,
  profile: options.profile ?? standardProfile,
  tokenProof: options.tokenProof,
})

const shared = (own: string, options: Ready | Custom) => ({
  name: own,
  clientId: options.clientId,
  parameters: {},
  redirectUris: options.redirectUris,
  audiences: [options.clientId, ...options.trustedAudiences],
  linkByVerifiedEmail: options.linkByVerifiedEmail,
  signUp: options.signUp,
  attributes: options.attributes,
})
