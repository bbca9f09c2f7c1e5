import * as z from 'zod/mini'
import type { Permission } from '../../permissions/permission.ts'
import { absolutePath, functionOf, withDefault } from '../../schema/shapes.ts'
import type { User } from '../../users/user.ts'

/** The options of `djoser()`. */
export interface DjoserOptions {
  /**
   * What the paths begin with: `/auth/users/`, `/auth/token/login/`, `/auth/jwt/create/`.
   *
   * @default "/auth"
   */
  readonly prefix?: `/${string}`
  /**
   * The field that names a user in paths and bodies: `"id"` or `"username"`.
   *
   * @default "id"
   * @django USER_ID_FIELD
   */
  readonly idField?: 'id' | 'username'
  /**
   * What must be sent twice, as `re_password`, `re_new_password`, `re_new_username` or `re_new_email`: `true` for all, or a list of
   * `"signUp"`, `"setPassword"`, `"resetPassword"`, `"setUsername"`, `"resetUsername"`.
   *
   * @default false
   * @django USER_CREATE_PASSWORD_RETYPE
   */
  readonly retype?: boolean | readonly RetypedForm[]
  /**
   * Users see only themselves in the list, and 404 in place of 403 for others. Staff sees all.
   *
   * @default true
   * @django HIDE_USERS
   */
  readonly hideUsers?: boolean
  /**
   * Requests for a mail get an error if no user has the address. Any client can then find out who has an account.
   *
   * @default false
   * @django PASSWORD_RESET_SHOW_EMAIL_NOT_FOUND
   */
  readonly showEmailNotFound?: boolean
  /**
   * Mails a user that the account has been activated.
   *
   * @default false
   * @django SEND_CONFIRMATION_EMAIL
   */
  readonly confirmationMail?: boolean
  /**
   * Opens a session of `session()` beside the token of `token/login/`; `token/logout/` revokes it.
   *
   * @default false
   * @django CREATE_SESSION_ON_LOGIN
   */
  readonly createSession?: boolean
  /**
   * A password change revokes the user's token of `token/login/`, too. `accounts.passwordChangeRevokes` decides
   * which sessions end.
   *
   * @default false
   * @django LOGOUT_ON_PASSWORD_CHANGE
   */
  readonly revokeToken?: boolean
  /**
   * Whether there are `token/login/` and `token/logout/`.
   *
   * @default true
   * @django TOKEN_MODEL
   */
  readonly token?: boolean
  /**
   * Whether there are `jwt/create/`, `jwt/refresh/` and `jwt/verify/`, which need a signing key.
   *
   * @default true
   */
  readonly jwt?: boolean
  /**
   * Whether there is `o/{provider}/`, with the providers of the option `social`.
   *
   * @default false
   * @django SOCIAL_AUTH_ALLOWED_REDIRECT_URIS
   */
  readonly social?: boolean
  /**
   * Returns a user as the endpoints show it.
   *
   * @default `{ email, id, username }`, and the fields of the option `user`
   * @django SERIALIZERS
   */
  readonly user?: (user: User) => object
  /**
   * Who may do what, by Djoser's names in camel case. The resource of `user` and `userDelete` is the user of the path.
   *
   * @default as Djoser: everybody signs up, and asks for mails; users have their own account, and staff all
   * @django PERMISSIONS
   */
  readonly permissions?: Readonly<Partial<Record<DjoserPermission, Permission<User>>>>
  /**
   * Messages in place of Djoser's, by their names in camel case.
   *
   * @default Djoser's
   * @django CONSTANTS
   */
  readonly messages?: Readonly<Partial<Record<DjoserMessage, string>>>
}

/** The forms that may ask for a value twice. */
const RETYPED = [
  'signUp',
  'setPassword',
  'resetPassword',
  'setUsername',
  'resetUsername',
] as const

export type RetypedForm = (typeof RETYPED)[number]

const PERMISSIONS = [
  'activation',
  'passwordReset',
  'passwordResetConfirm',
  'setPassword',
  'usernameReset',
  'usernameResetConfirm',
  'setUsername',
  'userCreate',
  'userDelete',
  'user',
  'userList',
  'tokenCreate',
  'tokenDestroy',
] as const

/** Djoser's `PERMISSIONS`. */
export type DjoserPermission = (typeof PERMISSIONS)[number]

/** Djoser's texts. */
export const MESSAGES = {
  invalidCredentials: 'Unable to log in with provided credentials.',
  invalidToken: 'Invalid token for given user.',
  invalidUid: "Invalid user id or user doesn't exist.",
  staleToken: 'Stale token for given user.',
  passwordMismatch: "The two password fields didn't match.",
  usernameMismatch: "The two username fields didn't match.",
  emailMismatch: "The two email fields didn't match.",
  invalidPassword: 'Invalid password.',
  emailNotFound: 'User with given email does not exist.',
} as const

export type DjoserMessage = keyof typeof MESSAGES

const keyed = <Name extends string, Schema extends z.ZodMiniType>(
  names: readonly Name[],
  schema: Schema,
) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, z.optional(schema)])) as Record<
      Name,
      z.ZodMiniOptional<Schema>
    >,
  )

const permission = functionOf<Permission<User>>(
  'must be a permission, such as isAuthenticated',
)

const messageNames = Object.keys(MESSAGES) as DjoserMessage[]

export const djoserOptions = z.strictObject({
  prefix: withDefault(absolutePath, '/auth'),
  idField: withDefault(z.literal(['id', 'username']), 'id'),
  retype: withDefault(z.union([z.boolean(), z.array(z.literal(RETYPED))]), false),
  hideUsers: withDefault(z.boolean(), true),
  showEmailNotFound: withDefault(z.boolean(), false),
  confirmationMail: withDefault(z.boolean(), false),
  createSession: withDefault(z.boolean(), false),
  revokeToken: withDefault(z.boolean(), false),
  token: withDefault(z.boolean(), true),
  jwt: withDefault(z.boolean(), true),
  social: withDefault(z.boolean(), false),
  user: z.optional(functionOf<NonNullable<DjoserOptions['user']>>()),
  permissions: withDefault(keyed(PERMISSIONS, permission), {}),
  messages: withDefault(keyed(messageNames, z.string()), {}),
} satisfies Record<keyof DjoserOptions, z.ZodMiniType>)

/** The options, parsed. */
export type DjoserSettings = z.output<typeof djoserOptions>

export const isRetyped = ({ retype }: DjoserSettings, form: RetypedForm): boolean =>
  retype === true || (retype !== false && retype.includes(form))

/** Settings of `DJOSER`, and what to write instead. */
export const DJOSER_NAMES: Readonly<Record<string, string>> = {
  USER_ID_FIELD: 'Use djoser({ idField }) instead.',
  LOGIN_FIELD: 'Use watchword({ users: { loginField } }) instead.',
  PASSWORD_RESET_CONFIRM_URL:
    'Use watchword({ accounts: { links: { resetPassword } } }) instead, an address with "{uid}" and "{token}".',
  USERNAME_RESET_CONFIRM_URL:
    'Use watchword({ accounts: { links: { resetUsername } } }) instead, an address with "{uid}" and "{token}".',
  ACTIVATION_URL:
    'Use watchword({ accounts: { links: { activate, verify, changeEmail } } }) instead, an address with "{uid}" and "{token}".',
  SEND_ACTIVATION_EMAIL: 'Use watchword({ accounts: { requireActivation } }) instead.',
  SEND_CONFIRMATION_EMAIL: 'Use djoser({ confirmationMail }) instead.',
  PASSWORD_CHANGED_EMAIL_CONFIRMATION:
    'Leave it out: users always get a mail about a new password.',
  USERNAME_CHANGED_EMAIL_CONFIRMATION:
    'Leave it out: users always get a mail about a new username.',
  USER_CREATE_PASSWORD_RETYPE: 'Use djoser({ retype }) instead.',
  SET_PASSWORD_RETYPE: 'Use djoser({ retype }) instead.',
  PASSWORD_RESET_CONFIRM_RETYPE: 'Use djoser({ retype }) instead.',
  SET_USERNAME_RETYPE: 'Use djoser({ retype }) instead.',
  USERNAME_RESET_CONFIRM_RETYPE: 'Use djoser({ retype }) instead.',
  LOGOUT_ON_PASSWORD_CHANGE: 'Use djoser({ revokeToken }) instead.',
  CREATE_SESSION_ON_LOGIN: 'Use djoser({ createSession }) instead.',
  PASSWORD_RESET_SHOW_EMAIL_NOT_FOUND: 'Use djoser({ showEmailNotFound }) instead.',
  USERNAME_RESET_SHOW_EMAIL_NOT_FOUND: 'Use djoser({ showEmailNotFound }) instead.',
  TOKEN_MODEL: 'Use djoser({ token }) instead.',
  HIDE_USERS: 'Use djoser({ hideUsers }) instead.',
  EMAIL_FRONTEND_PROTOCOL: 'Use watchword({ url }) instead.',
  EMAIL_FRONTEND_DOMAIN: 'Use watchword({ url }) instead.',
  EMAIL_FRONTEND_SITE_NAME: 'Use watchword({ mail: { name } }) instead.',
  SERIALIZERS: 'Use djoser({ user }) instead.',
  EMAIL: 'Use watchword({ mail: { templates } }) instead.',
  CONSTANTS: 'Use djoser({ messages }) instead.',
  PERMISSIONS: 'Use djoser({ permissions }) instead.',
  SOCIAL_AUTH_TOKEN_STRATEGY: 'Leave it out: o/{provider}/ answers JSON Web Tokens.',
  SOCIAL_AUTH_ALLOWED_REDIRECT_URIS: 'Use djoser({ social }) instead.',
  WEBAUTHN: 'Leave it out: the preset has no passkeys yet.',
}
