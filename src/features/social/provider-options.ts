import type { SocialProfile } from './provider.ts'
import type { ReadyName } from './ready-providers.ts'

/** The options of a provider. */
export interface SocialProviderOptions {
  /** The id that the provider has given the application. */
  readonly clientId: string
  /**
   * The secret that belongs to it.
   *
   * @default none: a public client, or Apple's key
   */
  readonly clientSecret?: string
  /**
   * The built-in provider, if the name differs from it: `"google-oauth2": { provider: "google", … }`.
   *
   * @default the name
   */
  readonly provider?: ReadyName
  /**
   * The words on the button: "Sign in with …".
   *
   * @default the name of the provider
   */
  readonly label?: string
  /**
   * The scopes to ask for, separated by spaces.
   *
   * @default the profile and the email address
   */
  readonly scope?: string
  /**
   * Addresses of the application that the provider may return to, for front ends that send the code themselves. Compared as text.
   *
   * @default none: only pages of this server sign in
   */
  readonly redirectUris?: readonly string[]
  /**
   * Ids of other applications whose ID and access tokens sign in, too, such as that of the mobile application.
   *
   * @default none
   */
  readonly trustedAudiences?: readonly string[]
  /**
   * Links the first sign-in of a person to the account with the same email address, if both the provider and this instance have
   * verified it.
   *
   * @default false
   */
  readonly linkByVerifiedEmail?: boolean
  /**
   * Whether the first sign-in of a person without an account creates one.
   *
   * @default true, unless `accounts.signUp` is not "open"
   */
  readonly signUp?: boolean
  /**
   * Returns the fields of the option `user` for a new account.
   *
   * @default none
   */
  readonly attributes?: (profile: SocialProfile) => object
  /**
   * The address of the provider, of Keycloak's realm and Auth0's tenant: `"https://id.example.com/realms/main"`.
   *
   * @default that of the built-in provider
   */
  readonly issuer?: string
  /**
   * Microsoft's tenant: an id, `"organizations"`, `"consumers"` or `"common"`.
   *
   * @default "common"
   */
  readonly tenant?: string
  /** Apple's team id. */
  readonly teamId?: string
  /** The id of Apple's key. */
  readonly keyId?: string
  /** Apple's key, as PEM: it signs the client secrets. */
  readonly privateKey?: string
}
