import './base/node-version.ts'

export type { UserQuery } from './admin/users.ts'
export type { AuditEvent } from './audit/event.ts'
export { basic } from './authentication/basic.ts'
export { bearer, statelessBearer } from './authentication/bearer.ts'
export { remoteUser } from './authentication/remote-user.ts'
export type { Authentication, Identity, Scheme } from './authentication/scheme.ts'
export type { TokenUser } from './authentication/token-user.ts'
export { AuthError, type ErrorCode } from './base/errors.ts'
export type { LogEntry } from './base/log.ts'
export type { NewApiToken } from './features/api-tokens/admin.ts'
export type { ApiToken, ShownToken } from './features/api-tokens/api-token.ts'
export { apiToken } from './features/api-tokens/scheme.ts'
export { session } from './features/browser-sessions/scheme.ts'
export type { EventKind } from './features.ts'
export type { AuthReply, AuthRequest } from './http/request.ts'
export type { Principal } from './permissions/permission.ts'
export type { Session, SessionId } from './sessions/session.ts'
export type { Options } from './settings/options.ts'
export type { Throttle, ThrottleSubject, Wait } from './throttling/throttle.ts'
export type { SignInResult } from './tokens/pairs.ts'
export type { UserInput } from './users/create.ts'
export type { User, UserId } from './users/user.ts'
export {
  type Health,
  type HealthStatus,
  type PrincipalUser,
  type Requirement,
  type Stats,
  type Watchword,
  watchword,
} from './watchword.ts'
