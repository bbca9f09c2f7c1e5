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
export type { PasswordlessOptions, PasswordlessSignIn } from './passwordless/options.ts'
export { passwordless } from './passwordless/passwordless.ts'
