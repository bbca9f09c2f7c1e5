import type { Scheme } from '../authentication/scheme.ts'
import type { Permission, SignedIn } from '../permissions/permission.ts'
import type { Throttle } from '../throttling/throttle.ts'

/** What a guarded route asks for: a permission string of the instance's roles, a permission, or a table of all. */
export type Requirement<U, Right extends string> =
  | Right
  | Permission<unknown, U, Right>
  | RequirementOptions<U, Right>

/** Each member takes the place of what the instance says of it. */
export type RequirementOptions<U, Right extends string> =
  | (OtherNeeds & {
      readonly schemes?: undefined
      readonly permissions?: Permissions<U, Right>
    })
  | (OtherNeeds & {
      readonly schemes: readonly Scheme<unknown>[]
      readonly permissions?: Permissions<never, Right>
    })

interface OtherNeeds {
  /**
   * The name of a rate: counted under its name, beside the instance's `anon` and `user`. A list of names and throttles takes
   * their place; an empty one counts nothing.
   */
  readonly throttle?: string | readonly (string | Throttle)[]
}

/** One permission, or several of which each must grant: the first no is the one that is told. */
export type Permissions<U, Right extends string> =
  | Permission<unknown, U, Right>
  | readonly Permission<unknown, U, Right>[]

/** Who is behind a guard: `undefined` among them where its permissions let anybody through. */
export type PrincipalUser<N, U> = N extends string
  ? U
  : N extends (ask: never) => unknown
    ? N extends SignedIn
      ? U
      : U | undefined
    : N extends { readonly permissions: infer Asked }
      ? AsksForSignIn<Asked> extends true
        ? SchemesUser<N, U>
        : SchemesUser<N, U> | undefined
      : SchemesUser<N, U>

type AsksForSignIn<Asked> = Asked extends SignedIn
  ? true
  : Asked extends readonly (infer Part)[]
    ? Extract<Part, SignedIn> extends never
      ? false
      : true
    : false

type SchemesUser<N, U> = N extends { readonly schemes: readonly Scheme<infer Other>[] }
  ? Other
  : U
