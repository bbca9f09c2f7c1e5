import * as z from 'zod/mini'
import { absolutePath, withDefault } from '../../schema/shapes.ts'

/** The options of `socialOAuth2()`. */
export interface SocialOAuth2Options {
  /**
   * What the paths begin with: `/auth/convert-token/`, `/auth/token/`.
   *
   * @default "/auth"
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
   * The `client_id` of each application that may send the password of a user (`grant_type=password`), as for `oauthToolkit()`.
   *
   * @default none
   */
  readonly passwordGrant?: readonly string[]
}

const names = () => z.array(z.string().check(z.minLength(1, 'must not be empty')))

export const socialOAuth2Options = z.strictObject({
  prefix: withDefault(absolutePath, '/auth'),
  defaultScopes: z.optional(names()),
  passwordGrant: withDefault(names(), []),
} satisfies Record<keyof SocialOAuth2Options, z.ZodMiniType>)

/** The options, parsed. */
export type SocialOAuth2Settings = z.output<typeof socialOAuth2Options>

/** Settings of theirs, and what to write instead. */
export const SOCIAL_OAUTH2_NAMES: Readonly<Record<string, string>> = {
  DEFAULT_SCOPES: 'Use socialOAuth2({ defaultScopes }) instead.',
  DRFSO2_PROPRIETARY_BACKEND_NAME:
    'Leave it out: providers are named by the option social.',
  DRFSO2_URL_NAMESPACE: 'Leave it out: use socialOAuth2({ prefix }) for the paths.',
  SOCIAL_AUTH_PIPELINE:
    'Use linkByVerifiedEmail, signUp and attributes of each provider in the option social instead.',
}
