import * as z from 'zod/mini'
import type { BreachedCheck } from '../passwords/breached.ts'
import { functionOf, section, withDefault } from '../schema/shapes.ts'
import { FIELD_TYPES, RESERVED_FIELDS, type UserFields } from '../users/fields.ts'
import type { User } from '../users/user.ts'

/** The option `users`. */
export interface UserOptions {
  /**
   * What users sign in with: `"username"` or `"email"`.
   *
   * @default "username"
   * @django USERNAME_FIELD
   */
  readonly loginField?: 'username' | 'email'
  /**
   * Whether a user may have and use tokens; a promise counts as no.
   *
   * @default active users
   * @django USER_AUTHENTICATION_RULE
   */
  readonly rule?: (user: User | undefined) => boolean
  /**
   * Checks the rule at requests, too (D11).
   *
   * @default true
   */
  readonly ruleOnRequest?: boolean
  /**
   * Refuses users who are not active.
   *
   * @default true
   * @django CHECK_USER_IS_ACTIVE
   */
  readonly checkActive?: boolean
  /**
   * Records the time of each sign-in.
   *
   * @default false
   * @django UPDATE_LAST_LOGIN
   */
  readonly updateLastLogin?: boolean
  /**
   * `"both"`: as sent, then trimmed (D2); true: trimmed, as Django; false: as sent.
   *
   * @default "both"
   */
  readonly trimPassword?: boolean | 'both'
  /**
   * Returns whether a new password is known from a breach, such as `breachedInRange(…)`. If it throws, or takes more than 2 seconds, the
   * password is accepted and the log says so.
   *
   * @default none: the list of common passwords is checked in any case
   */
  readonly breached?: (password: string) => boolean | Promise<boolean>
}

export const userOptions = section<UserOptions>()({
  loginField: withDefault(z.enum(['username', 'email']), 'username'),
  rule: z.optional(functionOf<(user: User | undefined) => boolean>()),
  ruleOnRequest: withDefault(z.boolean(), true),
  checkActive: withDefault(z.boolean(), true),
  updateLastLogin: withDefault(z.boolean(), false),
  trimPassword: withDefault(z.union([z.boolean(), z.literal('both')]), 'both'),
  breached: z.optional(functionOf<BreachedCheck>()),
} satisfies Record<keyof UserOptions, z.ZodMiniType>)

const fieldName = z
  .string()
  .check(
    z.refine(
      (name) => /^[a-z]\w{0,63}$/i.test(name) && !RESERVED_FIELDS.has(name),
      'must be a name of letters, digits and "_" that the library does not use itself',
    ),
  )

/** The option `user`. */
export const userFieldOptions = withDefault(
  z.record(
    fieldName,
    z.enum(
      FIELD_TYPES,
      'must be "string", "number", "boolean" or "date", with "?" behind it if it may be missing',
    ),
  ) as z.ZodMiniType<UserFields>,
  {},
)
