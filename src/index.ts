import './base/node-version.ts'

export type { EventAdmin } from './admin/events.ts'
export type { FlushCounts } from './admin/flush.ts'
export type { ImportCounts, ImportOptions, InvalidUser } from './admin/import-users.ts'
export type { KeyAdmin } from './admin/keys.ts'
export type { SessionAdmin } from './admin/sessions.ts'
export type { UserAdmin, UserQuery } from './admin/users.ts'
export type { AuditEvent } from './audit/event.ts'
export { accessCookie } from './authentication/access-cookie.ts'
export { basic } from './authentication/basic.ts'
export { bearer, statelessBearer } from './authentication/bearer.ts'
export { remoteUser } from './authentication/remote-user.ts'
export type {
  Authentication,
  Credential,
  Identity,
  Scheme,
} from './authentication/scheme.ts'
export type { TokenUser } from './authentication/token-user.ts'
export type { Duration } from './base/duration.ts'
export { AuthError, type AuthErrorOptions, type ErrorCode } from './base/errors.ts'
export type { LogEntry } from './base/log.ts'
export type { AccountUserAdmin } from './features/accounts/admin.ts'
export type { Invitation } from './features/accounts/invite.ts'
export type { AccountOptions } from './features/accounts/options.ts'
export type { ApiTokenAdmin, NewApiToken } from './features/api-tokens/admin.ts'
export type { ApiToken, ShownToken } from './features/api-tokens/api-token.ts'
export type {
  ApiTokenImportCounts,
  ImportedApiToken,
} from './features/api-tokens/import.ts'
export { apiToken } from './features/api-tokens/scheme.ts'
export { session } from './features/browser-sessions/scheme.ts'
export type {
  ExplainedCheck,
  ExplainedKind,
  ExplainedMember,
  ExplainedToken,
} from './features/console/explain-token/explained.ts'
export type { Delivery, Mail, Mailer, Sms, SmsSender } from './features/mail/message.ts'
export type { MailOptions, SmsOptions } from './features/mail/options.ts'
export type {
  Language,
  MailTemplates,
  SmsTemplates,
  Template,
  TemplateData,
  Templates,
} from './features/mail/templates/template.ts'
export type { OpenApiDocument, OpenApiOptions } from './features/openapi/document.ts'
export type { OpenApiSecurity } from './features/openapi/security-helpers.ts'
export type { PasskeyOptions, UserVerification } from './features/passkeys/options.ts'
export type { SecondFactorAdmin } from './features/second-factors/admin.ts'
export type { Factor } from './features/second-factors/factors.ts'
export type { SecondFactorOptions } from './features/second-factors/options.ts'
export type { SigningKeyAdmin } from './features/signing-keys/admin.ts'
export type { NewSigningKey } from './features/signing-keys/new-signing-key.ts'
export type { SigningKeyOptions } from './features/signing-keys/options.ts'
export type {
  ShownSigningKey,
  SigningAlgorithm,
  SigningKey,
  SigningKeyOwner,
} from './features/signing-keys/signing-key.ts'
export type { SlidingTokenOptions } from './features/sliding-tokens/options.ts'
export type { IdentityAdmin, NewIdentity } from './features/social/admin.ts'
export {
  type CustomProvider,
  type OAuth2Options,
  type OidcOptions,
  oauth2,
  oidc,
} from './features/social/custom-providers.ts'
export type { Identity as UserIdentity } from './features/social/identity.ts'
export type { SocialOptions } from './features/social/options.ts'
export type {
  ProfileMapping,
  ProviderEndpoints,
  SocialProfile,
  TokenProof,
} from './features/social/provider.ts'
export type { SocialProviderOptions } from './features/social/provider-options.ts'
export type { EventKind } from './features.ts'
export type { Peer } from './http/fetch-request.ts'
export type { AuthRequest } from './http/request.ts'
export type { SignInResult, SignInUserOptions } from './instance/sign-in-user.ts'
export type { Claims } from './jwt/json.ts'
export type { KeySummary, RotateOptions, RotationResult } from './keys/key-ring.ts'
export { breachedInRange } from './passwords/breached.ts'
export type {
  FusionAuthPassword,
  ImportedPassword,
  KeycloakPassword,
} from './passwords/imported.ts'
export type { Decision } from './permissions/decision.ts'
export type {
  Permission,
  PermissionContext,
  Principal,
} from './permissions/permission.ts'
export type { RevokeReason, Session } from './sessions/session.ts'
export type {
  EndpointHandler,
  EndpointOption,
  EndpointOptions,
  Hooks,
  Options,
  SessionEvent,
  SignInEvent,
  SignInFailedEvent,
  TokenOptions,
  UserOptions,
} from './settings/options.ts'
export type { Rate } from './throttling/rate.ts'
export type { Throttle, ThrottleSubject, Wait } from './throttling/throttle.ts'
export type { UserUpdate } from './users/change.ts'
export type { AttributesOf, UserFields } from './users/fields.ts'
export type { Attributes, User } from './users/user.ts'
export type { ImportedUser, UserInput } from './users/user-input.ts'
export {
  type Health,
  type HealthStatus,
  type PrincipalUser,
  type Requirement,
  type Stats,
  type Watchword,
  watchword,
} from './watchword.ts'
