import '../base/node-version.ts'

export { apiToken } from './api-token.ts'
export { basic } from './basic.ts'
export { bearer, statelessBearer } from './bearer.ts'
export { type FindName, type FromHeader, type RemoteUserOptions, remoteUser } from './remote-user.ts'
export type {
  Authentication,
  AuthenticationWorld,
  Identity,
  Scheme,
} from './scheme.ts'
export { type SessionOptions, session } from './session.ts'
export type { TokenUser } from './token-user.ts'
