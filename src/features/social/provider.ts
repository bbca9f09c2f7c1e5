/** What a provider says of a person, as it sent it. */
export type ProviderClaims = Readonly<Record<string, unknown>>

/** What a provider says of a person who signs in. */
export interface SocialProfile {
  /** The provider's id of the person. */
  readonly subject: string
  readonly email: string | undefined
  /** Whether the provider asserts that the person receives mail at the address. */
  readonly emailVerified: boolean
  /** A name for the new account. Default: a random one. */
  readonly username: string | undefined
  /** All that the provider sent. */
  readonly claims: ProviderClaims
}

/** A mapping of the claims. Without a `subject` the sign-in is refused. */
export type ProfileMapping = (claims: ProviderClaims) => {
  /** A text or a number. */
  readonly subject: unknown
  readonly email?: unknown
  /** `true` alone counts. */
  readonly emailVerified?: unknown
  readonly username?: unknown
}

/** How a provider proves for which application it has issued an access token. */
export interface TokenProof {
  request(token: string, client: ProofClient): ProofRequest
  /** The application, in the answer; `undefined` if the token is not valid. */
  audienceOf(body: ProviderClaims): unknown
}

export interface ProofClient {
  readonly id: string
  readonly secret: string
}

export interface ProofRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The endpoints of a provider without a discovery document. */
export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  readonly userInfo: string
  /** RFC 7662. */
  readonly introspection?: string | undefined
}

/** How Apple's client secrets are signed. */
export interface AppleKey {
  readonly teamId: string
  readonly keyId: string
  readonly privateKey: string
}

/** A provider of the option `social`, parsed. */
export interface ProviderSettings {
  readonly name: string
  /** For buttons. */
  readonly label: string
  /** `undefined`: OAuth 2 without OpenID Connect. */
  readonly issuer: string | undefined
  /** How ID tokens may spell the issuer, too. */
  readonly otherIssuer: string | undefined
  /** Microsoft's tenants, each of which issues by its own name; `undefined`: only the issuer. */
  readonly tenants: 'any' | 'organizations' | undefined
  /** `undefined`: those of the discovery document. */
  readonly endpoints: ProviderEndpoints | undefined
  readonly clientId: string
  readonly clientSecret: string | AppleKey | undefined
  readonly clientAuth: 'basic' | 'post'
  readonly scope: string
  readonly pkce: boolean
  readonly nonce: boolean
  readonly formPost: boolean
  readonly parameters: Readonly<Record<string, string>>
  /** The list of addresses, if the profile has none: GitHub's. */
  readonly emails: string | undefined
  readonly profile: ProfileMapping
  readonly tokenProof?: TokenProof | undefined
  readonly redirectUris: readonly string[]
  /** The ids of all applications whose tokens count, the own one first. */
  readonly audiences: readonly string[]
  readonly linkByVerifiedEmail: boolean
  readonly signUp: boolean | undefined
  readonly attributes: ((profile: SocialProfile) => object) | undefined
}
