import type { Scheme } from '../authentication/scheme.ts'
import type { StepUpOptions } from '../authentication/step-up.ts'
import type { AssuranceLevel } from '../base/acr.ts'
import type { Duration } from '../base/duration.ts'
import type { Permission, SignedIn } from '../permissions/permission.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { BrowsableOptions } from './route-description.ts'

/**
 * What a route requires: `'posts.change'` (a permission string of the instance's roles), a permission such as `isStaff`,
 * or an object of `schemes`, `permissions`, `scope`, `clients`, `resource`, `throttle`, `fresh`, `amr`, `acr`, `browsable`, `describe` and `confirm`.
 */
export type Requirement<U, Right extends string> =
  | Right
  | Permission<unknown, U, Right>
  | RequirementOptions<U, Right>

/** A member that is left out takes the instance's option of that name. */
export type RequirementOptions<U, Right extends string> =
  | (CommonOptions & {
      readonly schemes?: undefined
      readonly permissions?: Permissions<U, Right>
    })
  | (CommonOptions & {
      /** Tried in this order. Permissions that expect the user type of another scheme do not compile. */
      readonly schemes: readonly Scheme<unknown>[]
      readonly permissions?: Permissions<never, Right>
    })

interface CommonOptions extends StepUpOptions, BrowsableOptions {
  /** A scope that the credentials must have, or several: `hasScope` for each, beside the permissions. */
  readonly scope?: string | readonly string[]
  /**
   * Whether an application may come for itself, without a user (client credentials): `req.auth.client` is set then, and
   * `req.auth.user` is undefined. Its token needs a scope in any case. Default false.
   */
  readonly clients?: boolean
  /**
   * The path of a protected resource, one of the option `oauth.protectedResources`: tokens of applications must have been issued for it, and
   * a 401 names its metadata (RFC 9728), by which MCP clients find where to sign in.
   */
  readonly resource?: `/${string}`
  /**
   * The name of a rate in the option `throttle`: counts in addition to `anon` and `user`. A list of names and throttles
   * replaces those two; an empty list counts nothing.
   */
  readonly throttle?: string | readonly (string | Throttle)[]
}

/** A permission string, a permission, or a list in which each must grant; the first that denies decides the response. */
export type Permissions<U, Right extends string> =
  | Right
  | Permission<unknown, U, Right>
  | readonly (Right | Permission<unknown, U, Right>)[]

/** The type of `req.auth.user` behind a guard; includes `undefined` if its permissions may grant anonymous requests. */
export type PrincipalUser<N, U> = N extends string
  ? U
  : N extends (context: never) => unknown
    ? N extends SignedIn
      ? U
      : U | undefined
    : N extends { readonly clients: true }
      ? SchemesUser<N, U> | undefined
      : N extends RequiredSignIn
        ? SchemesUser<N, U>
        : N extends { readonly permissions: infer Given }
          ? RequiresSignIn<Given> extends true
            ? SchemesUser<N, U>
            : SchemesUser<N, U> | undefined
          : SchemesUser<N, U>

/** Anonymous requests are refused then. */
type RequiredSignIn =
  | { readonly fresh: Duration }
  | { readonly amr: readonly string[] }
  | { readonly acr: AssuranceLevel }
  | { readonly scope: string | readonly string[] }

type RequiresSignIn<Given> = Given extends SignedIn | string
  ? true
  : Given extends readonly (infer Part)[]
    ? Extract<Part, SignedIn | string> extends never
      ? false
      : true
    : false

type SchemesUser<N, U> = N extends { readonly schemes: readonly Scheme<infer Other>[] }
  ? Other
  : U
