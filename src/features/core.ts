import type * as z from 'zod/mini'
import type { UserAdmin, UserChanger } from '../admin/users.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Events } from '../audit/event.ts'
import type { Scheme, SecuritySettings } from '../authentication/scheme.ts'
import type { Clock, UnixSeconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { KnownRoute } from '../guard/route-info.ts'
import type { Answers } from '../http/description.ts'
import type { Endpoint } from '../http/endpoint.ts'
import type { AuthRequest } from '../http/request.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Counters } from '../observability/counters.ts'
import type { Health } from '../observability/health.ts'
import type { Stats } from '../observability/stats.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import type { Roles } from '../permissions/rights.ts'
import type { Proofs } from '../proofs/proofs.ts'
import type { SessionId } from '../sessions/session.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { CompleteSignIn } from '../sign-in/complete-sign-in.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { SignInRows } from '../stores/sign-in-rows.ts'
import type { Hits } from '../throttling/hits.ts'
import type { TokenCookies } from '../tokens/token-cookies.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import type { UserFields } from '../users/fields.ts'
import type { Account, UserId } from '../users/user.ts'
import type { Users } from '../users/users.ts'
import type { Exposure } from './browsable-api/exposure.ts'
import type { SignInWays } from './browsable-api/page-data.ts'
import type {
  AccountSection,
  AccountVisit,
  SignInButton,
  SignInVisit,
} from './page-hooks.ts'
import type { UserRecords } from './user-records.ts'

/** The parts of an open instance that features build on. A function of a feature names the few that it takes. */
export interface Core {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly audit: AuditLog<string>
  readonly users: Users
  /** `auth.users`: what it does is recorded, and ends what it has to end. */
  readonly userAdmin: UserAdmin
  /** `auth.users.change`, with a write that is made in its transaction. */
  readonly changeUser: UserChanger
  readonly passwords: Passwords
  /** The rules for new passwords. */
  readonly strength: readonly StrengthRule[]
  /** What this process has counted. */
  readonly counters: Counters
  /** What users sign in with (`users.loginField`). */
  readonly loginField: 'username' | 'email'
  /** The option `user`: the fields of users besides those of the library. */
  readonly userFields: UserFields
  /** The audit log, to be read. */
  readonly events: Pick<Events, 'list'>
  /** The option `roles`. */
  readonly roles: Roles
  /** The public address (the option `url`), without a slash at its end. */
  readonly url: string | undefined
  /** `undefined` if `tokens.sessions` is false. */
  readonly sessions: SessionManager | undefined
  readonly keys: KeyRing
  /** The counters of throttles. */
  readonly hits: Hits
  /** Values that are accepted once. */
  readonly proofs: Proofs
  readonly tokens: TokenDeps
  /** The cookies of tokens; `undefined` unless `tokens.transport` is `cookie`. */
  readonly tokenCookies: TokenCookies | undefined
  /** Whether the option `proxies` says that a proxy is in front. */
  readonly behindProxy: boolean
  /**
   * Checks a password; trims it as `users.trimPassword` says. It does not sign in: `completeSignIn` does.
   *
   * @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy`
   */
  readonly checkPassword: CheckedPassword
  /** The same without trimming the password, as Django REST framework's own login does. */
  readonly checkPasswordUntrimmed: CheckedPassword
  /** Signs in an account whose credentials were right. */
  readonly completeSignIn: CompleteSignIn
  /** Records a sign-out in the audit log and calls `on.signedOut`. */
  signedOut(session: SignedOut): Promise<void>
  /**
   * Called when a user has proved to receive mail, and has set a new password by it. Credentials that features have added for the
   * user at `since` or later do not sign in alone any more: another person may have added them.
   *
   * @returns them, the oldest first
   */
  recovered(id: UserId, since: UnixSeconds): Promise<readonly AddedCredential[]>
  /** Called when the owner of an address takes over what another person has signed up with it: removes that person's credentials. */
  takenOver(id: UserId): Promise<void>
  /** Called before an application is deleted, which is disabled by now: another one may get its id. */
  clientDeleted(id: string): Promise<void>
  /** Called when a user signs out everywhere else: removes what signs other devices in. */
  signedOutElsewhere(id: UserId, request: AuthRequest | undefined): Promise<void>
  /**
   * Keys that are derived from the instance's secrets for one purpose; the first makes new values, all read old ones.
   *
   * @throws AuthError `invalid_config` if there is no secret that lasts
   */
  derivedKeys(purpose: string): readonly Uint8Array[]
  /** The ports that a feature has added to the store. */
  ports<Ports extends object>(extension: StoreExtension<Ports>): Ports
  /** What features store of a user, in the order of the list. */
  userRecords(id: UserId): Promise<readonly UserRecords[]>
  /** The ways to sign in of features, in the order of the list. */
  signInButtons(visit: SignInVisit): Promise<readonly SignInButton[]>
  /** The rows of features that each sign a user in. */
  signInRows(): readonly SignInRows[]
  /** The sections of features on the page of the account, in the order of the list. */
  accountSections(visit: AccountVisit): readonly AccountSection[]
  /** A section of the options that a feature has declared, parsed. */
  readonly section: SectionReader
  /** The options in words, without secrets. */
  describeOptions(): readonly DescribedOption[]
  /** Every kind of audit event. */
  readonly eventKinds: readonly string[]
  /** See `auth.health`. */
  health(): Promise<Health>
  /** See `auth.stats`. */
  stats(): Stats
}

/** An option as the console shows it. */
export interface DescribedOption {
  /** Such as `tokens.access`. */
  readonly path: string
  /** In words; of a secret, that it is set. */
  readonly value: string
  /** `default`, `options`, or the name of an environment variable. */
  readonly from: string
  /** The settings of Django that it replaces. */
  readonly django: readonly string[]
}

/** A credential beside the password that a user has added, such as a passkey. */
export interface AddedCredential {
  readonly kind: 'totp' | 'passkey'
  /** The label that was given when it was added. */
  readonly label: string
  readonly createdAt: UnixSeconds
}

/** @param schema the one that the feature lists in `options` */
export type SectionReader = <Output>(schema: z.ZodMiniType<Output>) => Output

export type OpenCore = () => Promise<Core>

/** @returns the account that the password belongs to */
export type CheckedPassword = (
  login: string,
  password: string,
  request: AuthRequest,
) => Promise<Account>

export interface SignedOut {
  readonly sessionId: SessionId
  readonly userId: UserId | undefined
}

/** What endpoints know of the options before the instance is open. */
export interface EndpointSettings {
  readonly loginField: 'username' | 'email'
  /** The option `user`: the fields of users besides those of the library. */
  readonly userFields: UserFields
  /** The schemes of the option `authentication`. */
  readonly authentication: readonly Scheme<unknown>[]
  /** Tokens that mounted endpoints issue. */
  readonly issued: readonly IssuedToken[]
  /** A section of the options that a feature has declared, parsed. */
  readonly section: SectionReader
  /** The public address (the option `url`), without a slash at its end. */
  readonly url: string | undefined
  /** Whether the option `proxies` says that a proxy is in front. */
  readonly behindProxy: boolean
  /** A proxy in front, or `NODE_ENV=production`: what is for development alone is refused. */
  readonly isProduction: boolean
  /** Called by handlers: endpoints are created before all of it is known. */
  readonly surface: () => Surface
}

/** What clients see of an instance, known before it is open: what documents about it are made from. */
export interface Surface {
  /** In the order in which they were mounted. */
  readonly endpoints: readonly SurfaceEndpoint[]
  /** The option `url`. */
  readonly url: string | undefined
  /** The schemes of the option `authentication`. */
  readonly authentication: readonly Scheme<unknown>[]
  /** What the descriptions of schemes depend on. */
  readonly security: SecuritySettings
  readonly section: SectionReader
  /** `undefined`: the browsable API is off. */
  readonly exposure: Exposure | undefined
  /** The guarded routes of the application, as far as the adapters know them. */
  routes(): readonly KnownRoute[]
  /** The methods of the endpoints that describe themselves, as routes; none if the browsable API is off. */
  endpointRoutes(): readonly KnownRoute[]
  /** How a page signs in with the schemes of the option `authentication`; `undefined` if the browsable API is off. Opens the instance. */
  signInWays(): Promise<SignInWays | undefined>
  /** The answers to a sign-in that a feature stops. */
  signInAnswers(): Answers
}

export interface SurfaceEndpoint extends Endpoint {
  /** The name of its preset, if it belongs to one. */
  readonly preset: string | undefined
  /** Whether a handler of the option `endpoints` may change its answer. */
  readonly isCustom: boolean
}

/** A token that an endpoint issues and that signing out takes. */
export interface IssuedToken {
  readonly type: 'refresh' | 'sliding'
  /** The field that carries it to the endpoint that signs out. */
  readonly field: string
}
