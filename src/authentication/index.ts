export { apiToken } from './api-token.ts'
export { bearer, statelessBearer } from './bearer.ts'
export type {
  Authentication,
  AuthenticationWorld,
  Identity,
  Scheme,
} from './scheme.ts'
export type { TokenUser } from './token-user.ts'
