import * as z from 'zod/mini'
import type { Awaitable } from '../../base/awaitable.ts'
import { minutes, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import type { AuthRequest } from '../../http/request.ts'
import {
  absolutePath,
  duration,
  functionOf,
  nonEmptyList,
  withDefault,
} from '../../schema/shapes.ts'
import type { User } from '../../users/user.ts'

/** The options of `passwordless()`. */
export interface PasswordlessOptions {
  /**
   * What the paths that sign in begin with: `/auth/email/`, `/auth/mobile/`, `/auth/token/`.
   *
   * @default "/auth"
   * @django PASSWORDLESS_AUTH_PREFIX
   */
  readonly prefix?: `/${string}`
  /**
   * What the paths that verify an address begin with: `/auth/verify/email/`, `/auth/verify/mobile/`, `/auth/verify/`.
   *
   * @default `prefix` and `/verify`
   * @django PASSWORDLESS_VERIFY_PREFIX
   */
  readonly verifyPrefix?: `/${string}`
  /**
   * What codes are sent to: `"email"` needs the option `mail`, `"mobile"` the option `sms`. Others have no endpoints.
   *
   * @default ["email"]
   * @django PASSWORDLESS_AUTH_TYPES
   */
  readonly types?: readonly ('email' | 'mobile')[]
  /**
   * How long a code works: 30 seconds to 1 hour.
   *
   * @default "15m"
   * @django PASSWORDLESS_TOKEN_EXPIRE_TIME
   */
  readonly lifetime?: Duration
  /**
   * An address or number without an account gets a code, too; redeeming it creates the account. `false`: nothing is sent, and the
   * answer is the same.
   *
   * @default true
   * @django PASSWORDLESS_REGISTER_NEW_USERS
   */
  readonly register?: boolean
  /**
   * Demo users: email addresses or phone numbers, each with a fixed code. They work only in development and for requests from
   * localhost. With a proxy, `NODE_ENV=production` or `watchword start` the instance does not start.
   *
   * @default none
   * @django PASSWORDLESS_DEMO_USERS
   */
  readonly demoUsers?: Readonly<Record<string, string>>
  /**
   * Accepts the codes of `demoUsers` in production, too, from every client, such as for the review of an app store: each is a password
   * of six to eight digits.
   *
   * @default false
   */
  readonly demoUsersInProduction?: boolean
  /**
   * What a code is exchanged for: `"apiToken"`, the user's API token, the same at each sign-in; `"pair"`, a refresh token and an access
   * token; or a function that returns the member `token`, or `undefined` to refuse with 400.
   *
   * @default "apiToken"
   * @django PASSWORDLESS_AUTH_TOKEN_CREATOR
   */
  readonly issues?:
    | 'apiToken'
    | 'pair'
    | ((signIn: PasswordlessSignIn) => Awaitable<string | undefined>)
  /**
   * Changes the answer to a sign-in: returns the body of a 200, or a Response. Not called if the tokens are in cookies.
   *
   * @default `{ token }`, or `{ refresh, access }`
   * @django PASSWORDLESS_AUTH_TOKEN_SERIALIZER
   */
  readonly response?: (
    body: Readonly<Record<string, string>>,
    signIn: PasswordlessSignIn,
  ) => object | Response
}

/** What the functions among the options are passed. */
export interface PasswordlessSignIn {
  readonly user: User
  readonly request: AuthRequest
}

export const passwordlessOptions = z.strictObject({
  prefix: withDefault(absolutePath, '/auth'),
  verifyPrefix: z.optional(absolutePath),
  types: withDefault(nonEmptyList(z.enum(['email', 'mobile'])), ['email']),
  lifetime: withDefault(duration(seconds(30), minutes(60)), minutes(15)),
  register: withDefault(z.boolean(), true),
  demoUsers: withDefault(
    z.record(
      z.string(),
      z.string().check(z.regex(/^\d{6,8}$/, 'must be a code of 6 to 8 digits')),
    ),
    {},
  ),
  demoUsersInProduction: withDefault(z.boolean(), false),
  issues: withDefault(
    z.union(
      [
        z.literal(['apiToken', 'pair']),
        functionOf<Extract<PasswordlessOptions['issues'], CallableFunction>>(),
      ],
      'must be "apiToken", "pair" or a function',
    ),
    'apiToken',
  ),
  response: z.optional(functionOf<NonNullable<PasswordlessOptions['response']>>()),
} satisfies Record<keyof PasswordlessOptions, z.ZodMiniType>)

/** The options, parsed. */
export type PasswordlessSettings = z.output<typeof passwordlessOptions>

const MAIL = 'Use the option mail instead:'
const TEMPLATES = `${MAIL} mail: { transport, templates:`
const FIELD = 'Leave it out: the members "email" and "phone" of users have fixed names.'
const MARK =
  'Leave it out: redeeming a code always verifies the address that it was sent to.'

/** Settings of `PASSWORDLESS_AUTH`, and what to write instead. */
export const PASSWORDLESS_NAMES: Readonly<Record<string, string>> = {
  PASSWORDLESS_AUTH_TYPES: 'Use passwordless({ types }) instead.',
  PASSWORDLESS_AUTH_PREFIX: 'Use passwordless({ prefix }) instead.',
  PASSWORDLESS_VERIFY_PREFIX: 'Use passwordless({ verifyPrefix }) instead.',
  PASSWORDLESS_TOKEN_EXPIRE_TIME: 'Use passwordless({ lifetime }) instead.',
  PASSWORDLESS_REGISTER_NEW_USERS: 'Use passwordless({ register }) instead.',
  PASSWORDLESS_AUTH_TOKEN_CREATOR: 'Use passwordless({ issues }) instead.',
  PASSWORDLESS_AUTH_TOKEN_SERIALIZER: 'Use passwordless({ response }) instead.',
  PASSWORDLESS_USER_EMAIL_FIELD_NAME: FIELD,
  PASSWORDLESS_USER_MOBILE_FIELD_NAME: FIELD,
  PASSWORDLESS_USER_MARK_EMAIL_VERIFIED: MARK,
  PASSWORDLESS_USER_MARK_MOBILE_VERIFIED: MARK,
  PASSWORDLESS_USER_EMAIL_VERIFIED_FIELD_NAME: 'Read emailVerifiedAt of users instead.',
  PASSWORDLESS_USER_MOBILE_VERIFIED_FIELD_NAME: 'Read phoneVerifiedAt of users instead.',
  PASSWORDLESS_AUTO_SEND_VERIFICATION_TOKEN:
    'Leave it out: with the option accounts, users change their address with a code that is sent to the new one.',
  PASSWORDLESS_EMAIL_NOREPLY_ADDRESS: `${MAIL} mail: "smtp://…?from=auth@example.com".`,
  PASSWORDLESS_EMAIL_CALLBACK: `${MAIL} mail: async ({ to, subject, text, html }) => { … }.`,
  PASSWORDLESS_EMAIL_SUBJECT: `${TEMPLATES} { signIn } }.`,
  PASSWORDLESS_EMAIL_PLAINTEXT_MESSAGE: `${TEMPLATES} { signIn } }.`,
  PASSWORDLESS_EMAIL_TOKEN_HTML_TEMPLATE_NAME: `${TEMPLATES} { signIn } }.`,
  PASSWORDLESS_EMAIL_VERIFICATION_SUBJECT: `${TEMPLATES} { verifyEmail } }.`,
  PASSWORDLESS_EMAIL_VERIFICATION_PLAINTEXT_MESSAGE: `${TEMPLATES} { verifyEmail } }.`,
  PASSWORDLESS_EMAIL_VERIFICATION_TOKEN_HTML_TEMPLATE_NAME: `${TEMPLATES} { verifyEmail } }.`,
  PASSWORDLESS_MOBILE_MESSAGE: `${TEMPLATES} { signInSms } }.`,
  PASSWORDLESS_MOBILE_VERIFICATION_MESSAGE: `${TEMPLATES} { verifyPhone } }.`,
  PASSWORDLESS_CONTEXT_PROCESSORS:
    'Leave it out: the templates of the option mail are functions.',
  PASSWORDLESS_MOBILE_NOREPLY_NUMBER:
    'Use the option sms instead: its function knows the number.',
  PASSWORDLESS_SMS_CALLBACK:
    'Use the option sms instead: sms: async ({ to, text }) => { … }.',
  PASSWORDLESS_TEST_SUPPRESSION:
    'Leave it out: testInstance() sends nothing, and its mail() and sms() return what it would have sent.',
  PASSWORDLESS_DEMO_USERS: 'Use passwordless({ demoUsers }) instead.',
  PASSWORDLESS_TOKEN_GENERATION_ATTEMPTS:
    'Leave it out: a code is compared with that of its address only, so two may be equal.',
}
