import type { z } from 'zod'
import type { Scheme, SchemeFactory } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import type { CommandTable } from '../command/command.ts'
import type { Endpoint, MethodHandler } from '../http/endpoint.ts'
import type { Permission, Principal, SignedIn } from '../permissions/permission.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { TokenKind } from '../tokens/token-settings.ts'
import type { User, UserId } from '../users/user.ts'
import type {
  Core,
  EndpointSettings,
  IssuedToken,
  OpenCore,
  SectionReader,
} from './core.ts'

/**
 * A capability of an instance. All of it stands in one folder; `features.ts` lists it, and without its line the instance
 * does not have it.
 */
export interface Feature {
  readonly name: string
  /** Its sections of the options, by name: `auth = watchword({ name: … })`. */
  readonly options?: Readonly<Record<string, z.ZodType>>
  /** Its tables and the ports over them. */
  readonly store?: StoreExtension
  /** By their names in the option `endpoints`. */
  readonly endpoints?: Readonly<Record<string, FeatureEndpoint>>
  /** What the core has to know of the tokens that it issues. */
  tokens?(section: SectionReader): TokenKind
  /** What the option `authentication` may list of it. */
  readonly schemes?: readonly SchemeFactory[]
  /** By what is typed after `watchword`; loaded when one is used. */
  readonly commands?: CommandTable
  /** The kinds of its audit events. */
  readonly events?: readonly string[]
  /** What the stand-alone server uses of it. @param issuer its option `--issuer` */
  server?(issuer: string | undefined): ServerOptions
  /** Members of the instance, such as `auth.apiTokens`. */
  admin?(open: OpenCore): object
  /** Runs when the instance has been opened. @param mounted the names of the mounted endpoints */
  onOpen?(core: Core, mounted: ReadonlySet<string>): void
  onUserDeleted?(id: UserId, core: Core): Promise<void>
  /** How the command names one row of each kind that `flush` counts. */
  readonly rowNames?: Readonly<Record<string, string>>
  /** Deletes what has expired. @returns how many rows, by their kind */
  flush?(core: Core, progress: (deleted: number) => void): Promise<Counts>
}

export interface ServerOptions {
  /** Added to the option `authentication`. */
  readonly schemes?: readonly Scheme<User>[]
  /** Names for the option `endpoints`. */
  readonly endpoints?: readonly string[]
}

export type Counts = Readonly<Record<string, number>>

export interface FeatureEndpoint {
  readonly path: DefaultPath
  readonly mount: Mount
  /** Its name in a trace; without one it is not traced. */
  readonly span?: string
  readonly issues?: IssuedToken
  /** Why it cannot be mounted without something. */
  readonly needs?: Readonly<Partial<Record<Need, string>>>
  /** Why the option `handle` cannot be given. */
  readonly noHandler?: string
  create(settings: EndpointSettings, open: OpenCore): PathlessEndpoint
  /** How it answers an error, if not as every other endpoint does. */
  errorFor?(error: AuthError): AuthError
}

/** Below the option `path`, or at a place of its own. */
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

/** A store of sessions; a key that signs; a scheme of its feature. */
export type Need = 'sessions' | 'signing' | 'scheme'

/** The options decide its path. */
export type PathlessEndpoint = Omit<Endpoint, 'path'>

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

export const defineFeature = <const F extends Feature>(feature: F): F => feature

export const defineEndpoint = <const E extends FeatureEndpoint>(endpoint: E): E =>
  endpoint
