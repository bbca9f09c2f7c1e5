import * as z from 'zod/mini'
import { absolutePath, withDefault } from '../../schema/shapes.ts'

/** The options of `oauthToolkit()`. */
export interface OAuthToolkitOptions {
  /**
   * What the paths begin with: `/o/token/`, `/o/revoke_token/`. Set `oauth.authorizePath` to the page below it.
   *
   * @default "/o"
   */
  readonly prefix?: `/${string}`
  /**
   * The scopes of tokens whose request names none. An application gets those of them that it may ask for.
   *
   * @default all that the application may ask for
   * @django DEFAULT_SCOPES
   */
  readonly defaultScopes?: readonly string[]
  /**
   * The `client_id` of each application that may send the password of a user (`grant_type=password`). OAuth 2.1 has no such grant: the
   * application learns the password, and a user with a second factor cannot sign in.
   *
   * @default none
   */
  readonly passwordGrant?: readonly string[]
  /**
   * The scope of tokens that may describe every token of the instance at `/o/introspect/`.
   *
   * @default "introspection"
   */
  readonly introspectionScope?: string
}

const names = () => z.array(z.string().check(z.minLength(1, 'must not be empty')))

export const oauthToolkitOptions = z.strictObject({
  prefix: withDefault(absolutePath, '/o'),
  defaultScopes: z.optional(names()),
  passwordGrant: withDefault(names(), []),
  introspectionScope: withDefault(z.string(), 'introspection'),
} satisfies Record<keyof OAuthToolkitOptions, z.ZodMiniType>)

/** The options, parsed. */
export type OAuthToolkitSettings = z.output<typeof oauthToolkitOptions>

/** Settings of `OAUTH2_PROVIDER`, and what to write instead. */
export const OAUTH_TOOLKIT_NAMES: Readonly<Record<string, string>> = {
  SCOPES: 'Use the option oauth: { scopes } instead.',
  DEFAULT_SCOPES: 'Use oauthToolkit({ defaultScopes }) instead.',
  ACCESS_TOKEN_EXPIRE_SECONDS: 'Use the option oauth: { access } instead.',
  REFRESH_TOKEN_EXPIRE_SECONDS: 'Use the option oauth: { refresh } instead.',
  AUTHORIZATION_CODE_EXPIRE_SECONDS: 'Use the option oauth: { codeLife } instead.',
  REFRESH_TOKEN_GRACE_PERIOD_SECONDS: 'Use the option tokens: { overlap } instead.',
  REFRESH_TOKEN_REUSE_PROTECTION: 'Leave it out: reuse always ends the session.',
  ROTATE_REFRESH_TOKEN: 'Leave it out: refresh tokens of applications always rotate.',
  PKCE_REQUIRED: 'Leave it out: PKCE with S256 is always required.',
  OIDC_ENABLED: 'Leave it out: OpenID Connect is on with the option oauth.',
  OIDC_RSA_PRIVATE_KEY: 'Use the option tokens: { signingKey } instead.',
  OIDC_ISS_ENDPOINT: 'Use the option url instead.',
}
