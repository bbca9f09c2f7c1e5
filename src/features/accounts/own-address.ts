import type { Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import { emailKey } from '../../users/email.ts'
import type { StoredUser } from '../../users/user.ts'
import type { AddressField } from '../../users/users.ts'
import { issueCode } from '../codes/issue.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { sendMail, sendSms } from '../mail/send.ts'
import { languageOfRequest } from './mail-code.ts'

/** An address or number that a user has. */
export interface OwnAddress {
  readonly user: StoredUser
  readonly field: AddressField
  /** As it is stored. */
  readonly address: string
}

const PURPOSES = { email: 'verify_email', phone: 'verify_phone' } as const

const targetOf = ({ field, address }: OwnAddress) => ({
  purpose: PURPOSES[field],
  target: field === 'email' ? emailKey(address) : address,
})

/**
 * Sends digits to a user's own address or number, which verify it.
 *
 * @throws AuthError `throttled`; `invalid_config` without the option `mail` or `sms`; `store_unavailable`
 */
export async function requestAddressCode(
  own: OwnAddress,
  { lifetime, request }: { readonly lifetime: Seconds; readonly request: AuthRequest },
  core: Core,
): Promise<void> {
  const { user, field, address: to } = own
  const target = targetOf(own)
  await limitCodeRequests(target, core)
  const payload = { [field]: to }
  const { secret: code } = await issueCode(
    { ...target, form: 'digits', user, payload, lifetime },
    core,
  )
  const data = { code, minutes: Math.floor(lifetime / 60) }
  const letter = { to, data, language: languageOfRequest(request), lifetime }
  if (field === 'email') await sendMail(core, { ...letter, template: 'verifyEmail' })
  else await sendSms(core, { ...letter, template: 'verifyPhone' })
}

/**
 * Redeems such digits, and marks the address or number as verified.
 *
 * @throws AuthError `invalid_code`, also if the user has another one by now; `throttled`
 */
export async function verifyAddress(
  own: OwnAddress,
  digits: string,
  core: Core,
): Promise<void> {
  const { user, field, address } = own
  const { userId } = await redeemCode({ ...targetOf(own), secret: digits }, core)
  const isVerified =
    userId === user.id && (await core.users.verify(user.id, field, address, core.clock()))
  if (!isVerified)
    throw new AuthError('invalid_code', 'the address was changed meanwhile')
  void core.audit.record({ kind: `${field}_verified`, userId })
}
