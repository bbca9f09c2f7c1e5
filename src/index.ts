import './base/node-version.ts'

export type { AuditEvent, EventKind } from './audit/event.ts'
export { apiToken } from './authentication/api-token.ts'
export { basic } from './authentication/basic.ts'
export { bearer, statelessBearer } from './authentication/bearer.ts'
export { remoteUser } from './authentication/remote-user.ts'
export type { Authentication, Identity, Scheme } from './authentication/scheme.ts'
export { session } from './authentication/session.ts'
export type { TokenUser } from './authentication/token-user.ts'
export { Refusal, type RefusalCode } from './base/refusal.ts'
export type { AuthReply, AuthRequest } from './base/request.ts'
export type { Options } from './options.ts'
export type { Principal } from './permissions/principal.ts'
export type { Caller, Throttle, Wait } from './throttling/throttle.ts'
export type { User } from './users/user.ts'
export {
  type Condition,
  type Figures,
  type Health,
  type Need,
  type Watchword,
  type Who,
  watchword,
} from './watchword.ts'
