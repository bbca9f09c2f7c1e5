import { days, minutes, type Seconds } from '../../base/clock.ts'

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
  sign_in: minutes(15),
  /** The ticket of a sign-in that lacks a second factor. */
  second_factor: minutes(5),
  passkey_registration: minutes(5),
  passkey_sign_in: minutes(5),
  invitation: days(7),
  /** No codes, but marks of sign-ups: see `accounts/marks.ts`. */
  unconfirmed: days(3660),
  hold_username: days(30),
} as const satisfies Record<string, Seconds>

export type CodePurpose = keyof typeof CODE_LIFETIMES

/** The longest default lifetime of digits (O4; NIST SP 800-63B-4 §3.1.3.2). */
export const DIGITS_LIFETIME = minutes(10)
