import './base/node-version.ts'

export type { AuditEvent } from './audit/event.ts'
export { basic } from './authentication/basic.ts'
export { bearer, statelessBearer } from './authentication/bearer.ts'
export { remoteUser } from './authentication/remote-user.ts'
export type { Authentication, Identity, Scheme } from './authentication/scheme.ts'
export type { TokenUser } from './authentication/token-user.ts'
export { AuthError, type ErrorCode } from './base/errors.ts'
export { apiToken } from './features/api-tokens/scheme.ts'
export { session } from './features/browser-sessions/scheme.ts'
export type { EventKind } from './features.ts'
export type { AuthReply, AuthRequest } from './http/request.ts'
export type { Principal } from './permissions/permission.ts'
export type { Options } from './settings/options.ts'
export type { Throttle, ThrottleSubject, Wait } from './throttling/throttle.ts'
export type { User } from './users/user.ts'
export {
  type Health,
  type HealthStatus,
  type PrincipalUser,
  type Requirement,
  type Stats,
  type Watchword,
  watchword,
} from './watchword.ts'
