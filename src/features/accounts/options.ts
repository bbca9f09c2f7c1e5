import * as z from 'zod/mini'
import { days, minutes, type Seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { once } from '../../base/lazy.ts'
import { withoutUndefined } from '../../base/optional.ts'
import { duration, switchedSection, withDefault, YEAR } from '../../schema/shapes.ts'

/** The option `accounts`. */
export interface AccountOptions {
  /**
   * Who may sign up: `"open"`: any client; `"invitation"`: with an invitation; `"off"`: no one.
   *
   * @default "open"
   * @django REGISTER_PERMISSION_CLASSES
   */
  readonly signUp?: 'open' | 'invitation' | 'off'
  /**
   * The email address must be confirmed before the first sign-in.
   *
   * @default true with the option `mail`, else false
   * @django SEND_ACTIVATION_EMAIL
   */
  readonly requireActivation?: boolean
  /**
   * What mails contain: a `"link"`, or `"digits"` to type.
   *
   * @default "link"
   */
  readonly form?: 'link' | 'digits'
  /**
   * `"required"`, or `"none"`: users have no password and sign in with codes.
   *
   * @default "required"
   */
  readonly password?: 'required' | 'none'
  /**
   * Whether users can sign in with a link or a code that is sent to them, at `/auth/code/`. Needs the option `mail` or `sms`.
   *
   * @default true with `password: "none"`, else false
   */
  readonly signInCodes?: boolean
  /**
   * Which sessions end when users change their passwords: `"others"`: all but the one that does it; `"all"`; `"none"`. A reset ends
   * all.
   *
   * @default "others"
   * @django LOGOUT_ON_PASSWORD_CHANGE
   */
  readonly passwordChangeRevokes?: 'others' | 'all' | 'none'
  /**
   * Scopes that users may give to the API tokens which they create.
   *
   * @default none
   */
  readonly tokenScopes?: readonly string[]
  /**
   * The fields of the option `user` that users set themselves, when they sign up and later.
   *
   * @default all
   */
  readonly fields?: readonly string[]
  /**
   * Pages of the front end that mails link to: `activate`, `verify`, `changeEmail`, `undoEmail`, `resetPassword`, `resetUsername`,
   * `resetEmail`, `login` and `invite`, such as `"https://app.example.com/reset?token={token}"`. `{uid}` is the user's id in base64url.
   *
   * @default paths below `url`, such as `/account/reset-password/?token={token}`: those of the option `pages`
   */
  readonly links?: Partial<Record<LinkName, string>>
  /**
   * How long links and codes in mails are valid, by purpose; digits 10 minutes at most.
   *
   * @default { activate: "1d", resetPassword: "1h", changeEmail: "1h", undoEmail: "3d", login: "15m", invite: "7d" }
   */
  readonly lifetimes?: Partial<Record<LifetimeName, Duration>>
}

/** The pages that mails link to. */
export const LINK_PATHS = {
  /** After sign-up. */
  activate: '/account/activate/',
  /** Of an account that is there already. */
  verify: '/account/verify/',
  changeEmail: '/account/change-email/',
  undoEmail: '/account/undo-email/',
  resetPassword: '/account/reset-password/',
  resetUsername: '/account/reset-username/',
  resetEmail: '/account/reset-email/',
  login: '/account/login/',
  invite: '/account/sign-up/',
} as const

export type LinkName = keyof typeof LINK_PATHS

const LIFETIMES = {
  activate: days(1),
  resetPassword: minutes(60),
  changeEmail: minutes(60),
  undoEmail: days(3),
  login: minutes(15),
  invite: days(7),
} as const satisfies Record<string, Seconds>

export type LifetimeName = keyof typeof LIFETIMES

/** The option `accounts`, parsed. */
export interface AccountSettings {
  readonly signUp: 'open' | 'invitation' | 'off'
  /** `undefined`: with the option `mail`. */
  readonly requireActivation: boolean | undefined
  readonly form: 'link' | 'digits'
  readonly password: 'required' | 'none'
  /** `undefined`: without passwords. */
  readonly signInCodes: boolean | undefined
  readonly passwordChangeRevokes: 'others' | 'all' | 'none'
  readonly tokenScopes: readonly string[]
  /** `undefined`: all. */
  readonly fields: readonly string[] | undefined
  readonly links: Readonly<Partial<Record<LinkName, string>>>
  readonly lifetimes: Readonly<Record<LifetimeName, Seconds>>
}

const LINK =
  'must be the address of a page with "{token}", such as "https://app.example.com/reset?token={token}"'

const link = () =>
  z
    .string(LINK)
    .check(z.refine((text) => text.includes('{token}') && isAddress(text), LINK))

/** Of a page, or of an app that is installed (`myapp://reset/{token}`); never of a script. */
function isAddress(template: string): boolean {
  const url = URL.parse(template.replaceAll('{token}', 'x').replaceAll('{uid}', 'x'))
  return url !== null && !['javascript:', 'data:', 'vbscript:'].includes(url.protocol)
}

const optionalEach = <Name extends string, Schema extends z.ZodMiniType>(
  names: readonly Name[],
  schema: Schema,
) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, z.optional(schema)])) as Record<
      Name,
      z.ZodMiniOptional<Schema>
    >,
  )

const members = () =>
  ({
    signUp: withDefault(z.enum(['open', 'invitation', 'off']), 'open'),
    requireActivation: z.optional(z.boolean()),
    form: withDefault(z.enum(['link', 'digits']), 'link'),
    password: withDefault(z.enum(['required', 'none']), 'required'),
    signInCodes: z.optional(z.boolean()),
    passwordChangeRevokes: withDefault(z.enum(['others', 'all', 'none']), 'others'),
    tokenScopes: withDefault(z.array(z.string()), []),
    fields: z.optional(z.array(z.string())),
    links: withDefault(optionalEach(Object.keys(LINK_PATHS) as LinkName[], link()), {}),
    lifetimes: z.pipe(
      withDefault(
        optionalEach(
          Object.keys(LIFETIMES) as LifetimeName[],
          duration(minutes(1), YEAR),
        ),
        {},
      ),
      z.transform((given) => ({ ...LIFETIMES, ...withoutUndefined(given) })),
    ),
  }) satisfies Record<keyof AccountOptions, z.ZodMiniType>

const schema = switchedSection<AccountOptions>()(members)

export const accountOptions = schema as z.ZodMiniType<
  AccountSettings | undefined,
  z.input<typeof schema>
>

/** Those of an application with a preset alone. */
export const accountDefaults = once(() => accountOptions.parse(true) as AccountSettings)
