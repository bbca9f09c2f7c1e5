import { configError } from '../../base/errors.ts'
import { accountOptions } from '../../features/accounts/options.ts'
import { requireMail } from '../../features/accounts/settings.ts'
import type { SectionReader } from '../../features/core.ts'
import { smsOptions } from '../../features/mail/options.ts'
import type { Field } from '../../http/fields.ts'
import type { AddressField } from '../../users/users.ts'
import { EMAIL, MOBILE } from './fields.ts'
import type { PasswordlessSettings } from './options.ts'

/** What codes are sent to. */
export type Alias = PasswordlessSettings['types'][number]

/** A way of sending codes. */
export interface Channel {
  /** The member of users. */
  readonly field: AddressField
  readonly shape: Field
  /** Stops the start without what it needs. @throws AuthError `invalid_config` */
  requireSender(section: SectionReader): void
  /** Messages, and the names of the endpoints, as drfpasswordless has them. */
  readonly signIn: { readonly name: string; readonly sent: string }
  readonly verify: {
    readonly name: string
    readonly sent: string
    readonly missing: string
  }
}

export const CHANNELS: Readonly<Record<Alias, Channel>> = {
  email: {
    field: 'email',
    shape: EMAIL,
    requireSender: (section) =>
      requireMail('passwordless({ types: ["email"] })', { section }),
    signIn: {
      name: 'Obtain Email Callback Token',
      sent: 'A login token has been sent to your email.',
    },
    verify: {
      name: 'Obtain Email Verification Callback Token',
      sent: 'A verification token has been sent to your email.',
      missing: "This user doesn't have an email.",
    },
  },
  mobile: {
    field: 'phone',
    shape: MOBILE,
    requireSender: requireSms,
    signIn: { name: 'Obtain Mobile Callback Token', sent: 'We texted you a login code.' },
    verify: {
      name: 'Obtain Mobile Verification Callback Token',
      sent: 'We texted you a verification code.',
      missing: "This user doesn't have an mobile.",
    },
  },
}

function requireSms(section: SectionReader): void {
  if (section(smsOptions) !== undefined) return
  throw configError(
    'passwordless({ types: ["mobile"] }) sends text messages: set sms: async ({ to, text }) => { … }.',
  )
}

/** Stops the start if the preset would let users sign up, and the option `accounts` does not. */
export function requireSignUp(
  { register }: PasswordlessSettings,
  section: SectionReader,
): void {
  const { signUp = 'open' } = section(accountOptions) ?? {}
  if (!register || signUp === 'open') return
  throw configError(
    `passwordless({ register }) lets everybody sign up, and accounts.signUp is "${signUp}": set register to false, or signUp to "open".`,
  )
}
