import type * as z from 'zod/mini'
import type { Scheme, SchemeFactory } from '../authentication/scheme.ts'
import type { Awaitable } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { CommandTable } from '../command/command.ts'
import type { Answer } from '../http/answer.ts'
import type { Answers } from '../http/description.ts'
import type { Endpoint, MethodHandler } from '../http/endpoint.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Permission, Principal, SignedIn } from '../permissions/permission.ts'
import type { SignInAttempt, StopSignIn } from '../sign-in/complete-sign-in.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { SignInRows } from '../stores/sign-in-rows.ts'
import type { TokenKind } from '../tokens/token-settings.ts'
import type { Account, User, UserId } from '../users/user.ts'
import type {
  AddedCredential,
  Core,
  EndpointSettings,
  IssuedToken,
  OpenCore,
  SectionReader,
  Surface,
} from './core.ts'
import type {
  AccountSection,
  AccountVisit,
  SignInButton,
  SignInVisit,
} from './page-hooks.ts'
import type { UserRecords } from './user-records.ts'

/**
 * A capability of an instance. All of it stands in one folder; `features.ts` lists it, and without its line the instance
 * does not have it.
 */
export interface Feature {
  readonly name: string
  /** The sections that it adds to the options of `watchword()`, by name. */
  readonly options?: Readonly<Record<string, z.ZodMiniType>>
  /** Its tables and the ports over them. */
  readonly store?: StoreExtension
  /** Its endpoints, by their names in the option `endpoints`. */
  readonly endpoints?: Readonly<Record<string, FeatureEndpoint>>
  /** Whether it has pages that users sign in to: then those to sign in are on without the option `pages`, too. */
  needsSignInPages?(section: SectionReader): boolean
  /**
   * Its pages, which the option `endpoints` does not list; none if they are off.
   *
   * @param areNeeded whether pages of any feature need those to sign in
   */
  pages?(section: SectionReader, areNeeded: boolean): readonly FeaturePage[]
  /** Answers the paths below one that no page has; `undefined` if its pages are off. */
  errorPages?(section: SectionReader, areNeeded: boolean): ErrorPages | undefined
  /** What it requires of the keys that tokens of sign-ins are bound to; `undefined` if they are bound to none. */
  keyProofs?(section: SectionReader): KeyProofSettings | undefined
  /** The kind of tokens that it issues, if it issues any; `undefined` if that is off. */
  tokens?(section: SectionReader): TokenKind | undefined
  /** The functions that make its schemes, for the option `authentication`. */
  readonly schemes?: readonly SchemeFactory[]
  /** Its commands, by what is typed after `watchword`. Each is loaded when it is used. */
  readonly commands?: CommandTable
  /** The kinds of its audit events. */
  readonly events?: readonly string[]
  /** What it adds to the stand-alone server. @param issuer the server's option `--issuer` */
  server?(issuer: string | undefined): ServerOptions
  /** Its page to sign in, if the routes of the application take the cookie that it sets. */
  signInPage?(
    settings: Pick<EndpointSettings, 'section' | 'authentication'>,
  ): SignInPage | undefined
  /** Its ways to sign in: buttons on the pages to sign in and to sign up, if the pages are on. */
  signInButtons?(visit: SignInVisit, core: Core): Awaitable<readonly SignInButton[]>
  /** Its rows that each sign a user in, if they do: a user who has no other way keeps the last one of all features. */
  signInRows?(section: SectionReader): SignInRows | undefined
  /** Its sections on the page of a user's own account, if the pages are on. */
  accountSections?(visit: AccountVisit, core: Core): readonly AccountSection[]
  /** What it adds to the development server. @param log the server's */
  development?(log: Log): Awaitable<DevelopmentServer>
  /** Lines that a server prints once it serves. @param origin of its pages */
  startNotes?(core: Core, origin: string): Promise<readonly string[]>
  /** What it adds to an instance under test. @param options those of the application */
  testing?(options: object): InstanceUnderTest
  /** Members of the instance, such as `auth.apiTokens`. */
  admin?(open: OpenCore, surface: Surface): object
  /** Members of `auth.users`. */
  userAdmin?(open: OpenCore): object
  /**
   * Runs when the instance has been opened.
   *
   * @param mounted the names of the mounted endpoints
   * @returns what runs before the instance is closed
   */
  onOpen?(
    core: Core,
    mounted: ReadonlySet<string>,
  ): Awaitable<(() => void | Promise<void>) | undefined>
  /** The answers to a sign-in that `signInCheck` stops, for documents. */
  signInAnswers?(section: SectionReader): Answers
  /**
   * Asks whether something stops the sign-in of an account whose credentials were right, such as a second factor that it has.
   * Each way of signing in asks each feature, in the order of the list, and again once the session is opened.
   *
   * @returns `undefined` if nothing does, else what makes the error; that is called only if a client gets it
   */
  signInCheck?(
    account: Account,
    attempt: SignInAttempt,
    core: Core,
  ): Awaitable<StopSignIn | undefined>
  onUserDeleted?(id: UserId, core: Core): Promise<void>
  /** Deletes what it stores of an application, which is disabled by now, before the application itself is deleted. */
  onClientDeleted?(id: string, core: Core): Promise<void>
  /** Encrypts with the current secret what it has encrypted with an earlier one and must not lose. @returns how many keys */
  reseal?(core: Core): Promise<number>
  /** What it stores of a user: for `user show`, and for the user's own export. */
  userRecords?(id: UserId, core: Core): Promise<UserRecords | readonly UserRecords[]>
  /** See `Core.recovered`. */
  onRecovered?(
    id: UserId,
    since: UnixSeconds,
    core: Core,
  ): Promise<readonly AddedCredential[]>
  /** See `Core.takenOver`. */
  onTakenOver?(id: UserId, core: Core): Promise<void>
  /** See `Core.signedOutElsewhere`. */
  onSignedOutElsewhere?(
    id: UserId,
    request: AuthRequest | undefined,
    core: Core,
  ): Promise<void>
  /** How the command names one row of each kind that `flush` counts. */
  readonly rowNames?: Readonly<Record<string, string>>
  /** Deletes what has expired. @returns how many rows, by their kind */
  flush?(core: Core, progress: (deleted: number) => void): Promise<Counts>
}

export interface KeyProofSettings {
  /** Whether a sign-in without a proof is refused. */
  readonly required: boolean
  /** Whether proofs need a nonce of the server. */
  readonly nonces: boolean
}

export interface ServerOptions {
  /** Added to the option `authentication`. */
  readonly schemes?: readonly Scheme<User>[]
  /** Names for the option `endpoints`. */
  readonly endpoints?: readonly string[]
}

export interface SignInPage {
  readonly path: string
  /** Whether guards redirect to it browsers that open a page. */
  readonly redirects: boolean
}

export interface DevelopmentServer {
  /** Sections of the options of `watchword()`, in place of what an application sets. */
  readonly options: object
  /** Public endpoints beside those of the instance. */
  readonly endpoints?: readonly Endpoint[]
  /** What to open in a browser first. */
  readonly addresses?: readonly DevelopmentAddress[]
}

export interface DevelopmentAddress {
  /** What is there, in a word or two. */
  readonly name: string
  readonly path: string
}

export interface InstanceUnderTest {
  /** Sections of the options, in place of those of the application. */
  readonly options: object
  /** Members of what `testInstance()` returns, such as `mail`. */
  members(open: OpenCore): object
}

export type Counts = Readonly<Record<string, number>>

export interface FeatureEndpoint extends EndpointDefinition {
  readonly path: DefaultPath
  readonly mount: Mount | MountIf
  /** The message of the error if the option `handle` is set, for an endpoint that cannot have one. */
  readonly noHandler?: string
}

/** What an endpoint of a feature and one of a preset have in common. */
export interface EndpointDefinition {
  /** The name of its span in a trace; without one it is not traced. */
  readonly span?: string
  readonly issues?: IssuedToken
  /** What must be configured before it can be mounted: the message of the error if it is missing. */
  readonly needs?: Readonly<Partial<Record<Need, string>>>
  create(settings: EndpointSettings, open: OpenCore): PathlessEndpoint
  /** How it answers an error, its guard's included, if not as every other endpoint does. */
  errorFor?(error: AuthError): AuthError
}

/** A page: `definePage` makes it. */
export interface FeaturePage extends EndpointDefinition {
  /** For messages, such as `pages.signIn`. */
  readonly name: string
  readonly path: string
}

export interface ErrorPages {
  /** Without a slash at its end. */
  readonly path: string
  answer(
    error: AuthError,
    request: AuthRequest,
    settings: Pick<EndpointSettings, 'section' | 'url'>,
  ): Awaitable<Answer>
}

/** `below` is appended to the option `path`; `at` is the whole path. */
export type DefaultPath = { readonly below: string } | { readonly at: string }

export type Mount =
  /** Always, and at this path: the option `endpoints` does not list it. */
  | 'always'
  /** Unless the option `endpoints` says otherwise, or something that it needs is missing. */
  | 'by default'
  /** With a scheme of its feature in the option `authentication`. */
  | 'with scheme'
  /** If the option `endpoints` names it. */
  | 'on request'

/**
 * Unless the option `endpoints` says otherwise, or something that it needs is missing: whether the options of its feature ask for it.
 */
export type MountIf = (section: SectionReader) => boolean

/** Stored sessions (`tokens.sessions`); a signing key; a scheme of the endpoint's feature. */
export type Need = 'sessions' | 'signing' | 'scheme'

/** An endpoint as a feature defines it: its path depends on the options. */
export type PathlessEndpoint = Omit<Endpoint, 'path' | 'errorFor'>

/**
 * An endpoint with one method, whose handler receives its fields by name. It is public without a `requirement`; with one its
 * handler receives the principal that the guard admits.
 */
export function post<Name extends string>(
  name: string,
  handler: MethodHandler<Name, undefined> & { readonly requirement?: undefined },
): PathlessEndpoint
export function post<Name extends string>(
  name: string,
  handler: MethodHandler<Name, Principal> & {
    readonly requirement: Permission & SignedIn
  },
): PathlessEndpoint
export function post(name: string, handler: MethodHandler<string>): PathlessEndpoint {
  return { name, methods: { POST: handler } }
}

/**
 * An endpoint with one method, whose guard answers the requests of every method, as Django REST framework's views do: anonymous ones
 * get 401 before 405.
 */
export const guardedPost = <Name extends string = never>(
  name: string,
  {
    authentication,
    requirement,
    ...handler
  }: MethodHandler<Name, Principal> & {
    readonly requirement: Permission & SignedIn
  },
): PathlessEndpoint => ({
  name,
  requirement,
  ...(authentication && { authentication }),
  methods: { POST: handler as MethodHandler<string> },
})

export const defineFeature = <const F extends Feature>(feature: F): F => feature

export const defineEndpoint = <const E extends FeatureEndpoint>(endpoint: E): E =>
  endpoint
