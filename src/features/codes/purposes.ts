import { days, minutes, type Seconds, seconds } from '../../base/clock.ts'

/**
 * What one-time codes are for, and how long each lives if its feature does not say. A code is valid for its own purpose only.
 * The list is closed: a feature that needs another purpose adds it here.
 */
export const CODE_LIFETIMES = {
  /** Of a new user, too. */
  verify_email: days(1),
  verify_phone: minutes(10),
  change_email: minutes(60),
  /** The link to the former address after a change. */
  undo_change_email: days(3),
  reset_password: minutes(60),
  reset_username: minutes(60),
  reset_email: minutes(60),
  sign_in: minutes(15),
  /** The ticket of a sign-in that lacks a second factor. */
  second_factor: minutes(5),
  passkey_registration: minutes(5),
  passkey_sign_in: minutes(5),
  invitation: days(7),
  /** The link to create the first administrator with, which a server prints. */
  first_administrator: minutes(60),
  /** The state of a sign-in at another provider. */
  social_state: minutes(10),
  /** No code, but a mark of an account that is being created for a person at a provider. */
  social_sign_up: minutes(60),
  /** No codes, but marks of sign-ups: see `accounts/marks.ts`. */
  unconfirmed: days(3660),
  hold_username: days(30),
  /** What an application has asked for, until the user has answered. */
  oauth_request: minutes(60),
  /** What an application has pushed, until its user comes (RFC 9126). */
  oauth_pushed: seconds(90),
  /** What an application exchanges for tokens. */
  oauth_code: minutes(1),
  /** An initial access token, to register an application with. */
  oauth_registration: days(1),
  /** What a device asks for, until its user has answered. */
  oauth_device: minutes(10),
  /** What a user was shown of it, until the answer. */
  oauth_device_request: minutes(10),
  /** What the user has allowed the device, until it fetches its tokens. */
  oauth_device_grant: minutes(5),
} as const satisfies Record<string, Seconds>

export type CodePurpose = keyof typeof CODE_LIFETIMES

/** The longest default lifetime of digits (O4; NIST SP 800-63B-4 §3.1.3.2). */
export const DIGITS_LIFETIME = minutes(10)
