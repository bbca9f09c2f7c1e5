import * as z from 'zod/mini'
import { cookieDomain, cookieName } from '../../features/token-cookies/options.ts'
import type { SameSite } from '../../http/cookies.ts'
import type { Permission } from '../../permissions/permission.ts'
import {
  absolutePath,
  functionOf,
  nonEmptyList,
  withDefault,
} from '../../schema/shapes.ts'
import type { User } from '../../users/user.ts'

/** The options of `djRestAuth()`. */
export interface DjRestAuthOptions {
  /**
   * What the paths begin with: `/dj-rest-auth/login/`, `/dj-rest-auth/token/refresh/`, …
   *
   * @default "/dj-rest-auth"
   */
  readonly prefix?: `/${string}`
  /**
   * What a sign-in issues: `"jwt"` (USE_JWT), `"token"` (Django REST framework's token), or `"none"` (TOKEN_MODEL None).
   *
   * @default "jwt"
   * @django USE_JWT
   */
  readonly issue?: 'jwt' | 'token' | 'none'
  /**
   * A sign-in also opens a browser session (theirs: true): needs `session()` in the option `authentication`.
   *
   * @default false
   * @django SESSION_LOGIN
   */
  readonly sessionLogin?: boolean
  /**
   * The cookie of access tokens.
   *
   * @default none
   * @django JWT_AUTH_COOKIE
   */
  readonly cookie?: string
  /**
   * The cookie of refresh tokens.
   *
   * @default none
   * @django JWT_AUTH_REFRESH_COOKIE
   */
  readonly refreshCookie?: string
  /**
   * Where browsers send the refresh token (theirs: `/`).
   *
   * @default the option `prefix`
   * @django JWT_AUTH_REFRESH_COOKIE_PATH
   */
  readonly refreshCookiePath?: string
  /**
   * Whether cookies are for https alone (theirs: false).
   *
   * @default yes, but for plain http within this machine without a proxy
   * @django JWT_AUTH_SECURE
   */
  readonly secure?: boolean
  /**
   * Names of cookies begin with `__Host-` or `__Secure-`, where these are for https.
   *
   * @default true
   */
  readonly cookiePrefix?: boolean
  /**
   * Scripts cannot read the tokens in cookies.
   *
   * @default true
   * @django JWT_AUTH_HTTPONLY
   */
  readonly httpOnly?: boolean
  /**
   * `"Lax"`, `"Strict"`, `"None"`, or `null` for no attribute.
   *
   * @default "Lax"
   * @django JWT_AUTH_SAMESITE
   */
  readonly sameSite?: SameSite | null
  /**
   * Hosts of this domain get the cookies, too.
   *
   * @default this host alone
   * @django JWT_AUTH_COOKIE_DOMAIN
   */
  readonly domain?: string
  /**
   * A sign-in answers when the tokens expire.
   *
   * @default false
   * @django JWT_AUTH_RETURN_EXPIRATION
   */
  readonly returnExpiration?: boolean
  /**
   * Requests with the cookie that change something need a CSRF token (theirs: false). Their origin is always checked.
   *
   * @default true
   * @django JWT_AUTH_COOKIE_USE_CSRF
   */
  readonly csrf?: boolean
  /**
   * Origins of other hosts whose pages may send requests with these cookies, such as `"https://*.example.com"`.
   *
   * @default []
   * @django CSRF_TRUSTED_ORIGINS
   */
  readonly origins?: readonly string[]
  /**
   * By what users sign in: `"username"`, `"email"`, or both.
   *
   * @default ["username", "email"]
   * @django ACCOUNT_LOGIN_METHODS
   */
  readonly loginMethods?: readonly ('username' | 'email')[]
  /**
   * `GET logout/` signs out, too: any page can then sign its visitors out.
   *
   * @default false
   * @django ACCOUNT_LOGOUT_ON_GET
   */
  readonly logoutOnGet?: boolean
  /**
   * A new password needs the old one (theirs: false); without it, a sign-in of the last ten minutes.
   *
   * @default true
   * @django OLD_PASSWORD_FIELD_ENABLED
   */
  readonly oldPassword?: boolean
  /**
   * Whether the endpoints `password/reset/…` are there: they need the option `mail`.
   *
   * @default true
   */
  readonly passwordReset?: boolean
  /**
   * Whether the endpoints `registration/…` are there.
   *
   * @default false
   */
  readonly registration?: boolean
  /**
   * Who may register other users; a registration then signs no user in.
   *
   * @default everybody registers, and is signed in
   * @django REGISTER_PERMISSION_CLASSES
   */
  readonly registerPermission?: Permission
  /**
   * Endpoints to sign in with providers of the option `social`, by the segment of their path: `{ google: "google" }` has `google/`,
   * `google/connect/`, and `socialaccounts/…`.
   *
   * @default none
   */
  readonly social?: Readonly<Record<string, string>>
  /**
   * Returns the member `user` of the answer to a sign-in, and the answer of `user/`.
   *
   * @default `{ pk, username, email, first_name, last_name }`
   * @django USER_DETAILS_SERIALIZER
   */
  readonly user?: (user: User) => object
}

export const djRestAuthOptions = z.strictObject({
  prefix: withDefault(absolutePath, '/dj-rest-auth'),
  issue: withDefault(z.literal(['jwt', 'token', 'none']), 'jwt'),
  sessionLogin: withDefault(z.boolean(), false),
  cookie: z.optional(cookieName),
  refreshCookie: z.optional(cookieName),
  refreshCookiePath: z.optional(absolutePath),
  secure: z.optional(z.boolean()),
  cookiePrefix: withDefault(z.boolean(), true),
  httpOnly: withDefault(z.boolean(), true),
  sameSite: withDefault(z.literal(['Lax', 'Strict', 'None', null]), 'Lax'),
  domain: z.optional(cookieDomain),
  returnExpiration: withDefault(z.boolean(), false),
  csrf: withDefault(z.boolean(), true),
  origins: withDefault(z.array(z.string()), []),
  loginMethods: withDefault(nonEmptyList(z.literal(['username', 'email'])), [
    'username',
    'email',
  ]),
  logoutOnGet: withDefault(z.boolean(), false),
  oldPassword: withDefault(z.boolean(), true),
  passwordReset: withDefault(z.boolean(), true),
  registration: withDefault(z.boolean(), false),
  registerPermission: z.optional(functionOf<Permission>('must be a permission')),
  social: withDefault(
    z.record(
      z.string().check(z.regex(/^[\w-]+$/, 'must be the segment of a path')),
      z.string(),
    ),
    {},
  ),
  user: z.optional(functionOf<(user: User) => object>()),
} satisfies Record<keyof DjRestAuthOptions, z.ZodMiniType>)

/** The options, parsed. */
export type DjRestAuthSettings = z.output<typeof djRestAuthOptions>

const use = (option: string): string => `Use djRestAuth({ ${option} }) instead.`

/** Settings of `REST_AUTH` and of allauth, and what to write instead. */
export const DJ_REST_AUTH_NAMES: Readonly<Record<string, string>> = {
  USE_JWT: use('issue'),
  SESSION_LOGIN: use('sessionLogin'),
  JWT_AUTH_COOKIE: use('cookie'),
  JWT_AUTH_REFRESH_COOKIE: use('refreshCookie'),
  JWT_AUTH_REFRESH_COOKIE_PATH: use('refreshCookiePath'),
  JWT_AUTH_SECURE: use('secure'),
  JWT_AUTH_HTTPONLY: use('httpOnly'),
  JWT_AUTH_SAMESITE: use('sameSite'),
  JWT_AUTH_COOKIE_DOMAIN: use('domain'),
  JWT_AUTH_RETURN_EXPIRATION: use('returnExpiration'),
  JWT_AUTH_COOKIE_USE_CSRF: use('csrf'),
  CSRF_TRUSTED_ORIGINS: use('origins'),
  ACCOUNT_LOGIN_METHODS: use('loginMethods'),
  ACCOUNT_LOGOUT_ON_GET: use('logoutOnGet'),
  OLD_PASSWORD_FIELD_ENABLED: use('oldPassword'),
  REGISTER_PERMISSION_CLASSES: use('registerPermission'),
  USER_DETAILS_SERIALIZER: use('user'),
  JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED:
    'Leave it out: the origin of requests that set cookies is always checked.',
  LOGOUT_ON_PASSWORD_CHANGE:
    'Use accounts: { passwordChangeRevokes } instead: other sessions end by default.',
  TOKEN_MODEL:
    'Use djRestAuth({ issue: "token" }), or "none" for browser sessions alone.',
  TOKEN_CREATOR: 'Leave it out: the token is the one of /api-token-auth/.',
  JWT_TOKEN_CLAIMS_SERIALIZER: 'Use tokens: { claims } instead.',
  PASSWORD_RESET_USE_SITES_DOMAIN:
    'Use accounts: { links: { resetPassword } } instead: no link is built from Host.',
  PASSWORD_RESET_SERIALIZER: 'Use accounts: { links } and mail: { templates } instead.',
  PASSWORD_RESET_CONFIRM_SERIALIZER: 'Leave it out: passwords are checked by watchword.',
  PASSWORD_CHANGE_SERIALIZER: 'Leave it out: passwords are checked by watchword.',
  REGISTER_SERIALIZER: 'Use the hooks of on, and auth.users, instead.',
  LOGIN_SERIALIZER: 'Use djRestAuth({ loginMethods }) instead.',
  TOKEN_SERIALIZER: 'Leave it out: the answer is { key }.',
  JWT_SERIALIZER: 'Use djRestAuth({ user }) instead.',
  JWT_SERIALIZER_WITH_EXPIRATION: 'Use djRestAuth({ returnExpiration }) instead.',
}
