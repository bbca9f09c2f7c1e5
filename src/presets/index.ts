import '../base/node-version.ts'

export type { Preset } from './define-preset.ts'
export { type DjRestAuthPreset, djRestAuth } from './dj-rest-auth/dj-rest-auth.ts'
export type { DjRestAuthOptions } from './dj-rest-auth/options.ts'
export { djoser } from './djoser/djoser.ts'
export type {
  DjoserMessage,
  DjoserOptions,
  DjoserPermission,
  RetypedForm,
} from './djoser/options.ts'
export { type KnoxPreset, knox } from './knox/knox.ts'
export type { KnoxBody, KnoxOptions, KnoxSignIn } from './knox/options.ts'
export { type OAuthToolkitPreset, oauthToolkit } from './oauth-toolkit/oauth-toolkit.ts'
export type { OAuthToolkitOptions } from './oauth-toolkit/options.ts'
export {
  type AlternateScopes,
  isAuthenticatedOrTokenHasScope,
  isAuthenticatedWithAnyScope,
  type ReadWriteScopes,
  tokenHasReadWriteScope,
  tokenHasResourceScope,
  tokenHasScope,
  tokenMatchesOasRequirements,
} from './oauth-toolkit/permissions.ts'
export type { PasswordlessOptions, PasswordlessSignIn } from './passwordless/options.ts'
export { passwordless } from './passwordless/passwordless.ts'
export type { SocialOAuth2Options } from './social-oauth2/options.ts'
export { type SocialOAuth2Preset, socialOAuth2 } from './social-oauth2/social-oauth2.ts'
