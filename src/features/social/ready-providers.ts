import type {
  ProfileMapping,
  ProviderClaims,
  ProviderEndpoints,
  TokenProof,
} from './provider.ts'

/** What is known of a provider. The rest is in the option. */
export interface ReadyProvider {
  readonly label: string
  readonly scope: string
  /** `"option"`: the application names it. Without one the provider has OAuth 2 alone. */
  readonly issuer?: string
  /** How ID tokens may spell the issuer, too. */
  readonly otherIssuer?: string
  readonly endpoints?: ProviderEndpoints
  /** Default true. */
  readonly pkce?: boolean
  /** Default true, if there is an issuer. */
  readonly nonce?: boolean
  /** The provider answers by a form. */
  readonly formPost?: boolean
  readonly emails?: string
  /** Default: the claims of OpenID Connect. */
  readonly profile?: ProfileMapping
  /** Default: introspection (RFC 7662), if the provider has it. */
  readonly tokenProof?: TokenProof
}

/** The standard claims (OpenID Connect Core 1.0 §5.1). */
export const standardProfile: ProfileMapping = (claims) => ({
  subject: claims.sub,
  email: claims.email,
  emailVerified: claims.email_verified,
})

/** Apple and LinkedIn send a text, sometimes. */
const profileWithText: ProfileMapping = (claims) => ({
  ...standardProfile(claims),
  emailVerified: String(claims.email_verified) === 'true',
})

const object = (value: unknown): ProviderClaims =>
  typeof value === 'object' && value !== null ? (value as ProviderClaims) : {}

/** Of GitHub's list of addresses. */
function primaryOf(emails: unknown) {
  const list: readonly unknown[] = Array.isArray(emails) ? emails : []
  const primary = list.map(object).find((each) => each.primary === true)
  return { email: primary?.email, emailVerified: primary?.verified }
}

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

/** Sources: the documentation of each provider. */
export const READY_PROVIDERS = {
  google: {
    label: 'Google',
    issuer: 'https://accounts.google.com',
    otherIssuer: 'accounts.google.com',
    scope: 'openid email profile',
    tokenProof: {
      request: (token) => ({
        url: 'https://oauth2.googleapis.com/tokeninfo',
        method: 'POST',
        headers: FORM_TYPE,
        body: new URLSearchParams({ access_token: token }).toString(),
      }),
      audienceOf: ({ aud }) => aud,
    },
  },
  microsoft: {
    label: 'Microsoft',
    // The tenant stands in place of "common".
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    scope: 'openid email profile',
    profile: (claims) => ({
      ...standardProfile(claims),
      // The administrator of any tenant sets addresses: only this claim says that the domain is theirs.
      emailVerified: [true, 1, '1', 'true'].includes(claims.xms_edov as string),
    }),
  },
  apple: {
    label: 'Apple',
    issuer: 'https://appleid.apple.com',
    scope: 'openid email name',
    pkce: false,
    formPost: true,
    profile: profileWithText,
  },
  github: {
    label: 'GitHub',
    endpoints: {
      authorization: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
      userInfo: 'https://api.github.com/user',
    },
    scope: 'read:user user:email',
    // Whether the address of the profile is verified, this list alone says.
    emails: 'https://api.github.com/user/emails',
    profile: ({ id, login, emails }) => ({
      subject: id,
      username: login,
      ...primaryOf(emails),
    }),
    tokenProof: {
      request: (token, client) => ({
        url: `https://api.github.com/applications/${encodeURIComponent(client.id)}/token`,
        method: 'POST',
        headers: { ...JSON_TYPE, authorization: basic(client.id, client.secret) },
        body: JSON.stringify({ access_token: token }),
      }),
      audienceOf: ({ app }) => object(app).client_id,
    },
  },
  gitlab: {
    label: 'GitLab',
    issuer: 'https://gitlab.com',
    scope: 'openid email profile',
    profile: (claims) => ({ ...standardProfile(claims), username: claims.nickname }),
    tokenProof: {
      request: (token) => ({
        url: 'https://gitlab.com/oauth/token/info',
        method: 'GET',
        headers: bearer(token),
      }),
      audienceOf: ({ application }) => object(application).uid,
    },
  },
  facebook: {
    label: 'Facebook',
    endpoints: {
      authorization: 'https://www.facebook.com/dialog/oauth',
      token: 'https://graph.facebook.com/oauth/access_token',
      userInfo: 'https://graph.facebook.com/me?fields=id,name,email',
    },
    scope: 'email',
    // It does not say whether the address is verified.
    profile: ({ id, email }) => ({ subject: id, email }),
    tokenProof: {
      request: (token, client) => ({
        url: `https://graph.facebook.com/debug_token?${new URLSearchParams({
          input_token: token,
        })}`,
        method: 'GET',
        headers: bearer(`${client.id}|${client.secret}`),
      }),
      audienceOf: ({ data }) =>
        object(data).is_valid === true ? object(data).app_id : undefined,
    },
  },
  discord: {
    label: 'Discord',
    endpoints: {
      authorization: 'https://discord.com/oauth2/authorize',
      token: 'https://discord.com/api/oauth2/token',
      userInfo: 'https://discord.com/api/users/@me',
    },
    scope: 'identify email',
    profile: ({ id, email, verified, username }) => ({
      subject: id,
      email,
      emailVerified: verified,
      username,
    }),
    tokenProof: {
      request: (token) => ({
        url: 'https://discord.com/api/oauth2/@me',
        method: 'GET',
        headers: bearer(token),
      }),
      audienceOf: ({ application }) => object(application).id,
    },
  },
  linkedin: {
    label: 'LinkedIn',
    issuer: 'https://www.linkedin.com/oauth',
    scope: 'openid email profile',
    // It takes neither from web applications.
    pkce: false,
    nonce: false,
    profile: profileWithText,
  },
  keycloak: {
    label: 'Keycloak',
    issuer: 'option',
    scope: 'openid email profile',
    profile: (claims) => ({
      ...standardProfile(claims),
      username: claims.preferred_username,
    }),
  },
  auth0: {
    label: 'Auth0',
    issuer: 'option',
    scope: 'openid email profile',
  },
} as const satisfies Readonly<Record<string, ReadyProvider>>

export type ReadyName = keyof typeof READY_PROVIDERS

export const isReadyName = (name: string): name is ReadyName =>
  Object.hasOwn(READY_PROVIDERS, name)
