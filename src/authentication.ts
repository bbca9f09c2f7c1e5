import './base/node-version.ts'

export { accessCookie } from './authentication/access-cookie.ts'
export { basic } from './authentication/basic.ts'
export { bearer, statelessBearer } from './authentication/bearer.ts'
export {
  type FindName,
  type FromHeader,
  type RemoteUserOptions,
  remoteUser,
} from './authentication/remote-user.ts'
export type {
  AnswerToSign,
  Authentication,
  Credential,
  Identity,
  RequestSignature,
  Scheme,
  SchemeDeps,
} from './authentication/scheme.ts'
export type { TokenUser } from './authentication/token-user.ts'
export type { Duration } from './base/duration.ts'
export { apiToken } from './features/api-tokens/scheme.ts'
export { type SessionOptions, session } from './features/browser-sessions/scheme.ts'
export type { DraftCavageOptions } from './features/draft-cavage/options.ts'
export { draftCavage } from './features/draft-cavage/scheme.ts'
export type { HashPolicy, HawkOptions } from './features/hawk/options.ts'
export { hawk } from './features/hawk/scheme.ts'
export type {
  AnswerKeyOptions,
  HttpSignatureOptions,
} from './features/http-signatures/options.ts'
export { httpSignature } from './features/http-signatures/scheme.ts'
export type { AuthRequest } from './http/request.ts'
export type { Claims } from './jwt/json.ts'
export type { User } from './users/user.ts'
