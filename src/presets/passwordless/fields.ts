import { AuthError } from '../../base/errors.ts'
import { listIf, listOf } from '../../base/optional.ts'
import { type AccountName, targetOf } from '../../features/accounts/account-name.ts'
import type { OwnAddress } from '../../features/accounts/own-address.ts'
import { codeOptions } from '../../features/codes/options.ts'
import type { SectionReader } from '../../features/core.ts'
import type { Field } from '../../http/fields.ts'
import { emailFault } from '../../users/email.ts'
import { phoneFault } from '../../users/phone.ts'
import type { StoredUser } from '../../users/user.ts'

const EMAIL_FORM = 'Enter a valid email address.'
const MOBILE_FORM =
  "Mobile number must be entered in the format: '+999999999'. Up to 15 digits allowed."
const MOBILE_LENGTH = 17

export const EMAIL = {
  trim: true,
  messages: { invalid: EMAIL_FORM },
  check: (text) => listOf(emailFault(text)),
} satisfies Field

export const MOBILE = {
  trim: true,
  check: (text) => [
    ...listIf(phoneFault(text) !== undefined, MOBILE_FORM),
    ...listIf(
      text.length > MOBILE_LENGTH,
      `Ensure this field has no more than ${MOBILE_LENGTH} characters.`,
    ),
  ],
} satisfies Field

const WRONG_TOKEN = "The token you entered isn't valid."
const INVALID_TOKEN = 'Invalid Token'

/** An alias, which is one of the two, and a code. */
export const proofFields = (section: SectionReader) => {
  const { digits } = section(codeOptions)
  return {
    email: { ...EMAIL, optional: true },
    mobile: { ...MOBILE, optional: true },
    token: {
      trim: true,
      messages: {
        required: INVALID_TOKEN,
        blank: INVALID_TOKEN,
        invalid: INVALID_TOKEN,
      },
      check: (text) =>
        listIf(text.length !== digits, WRONG_TOKEN, `Tokens are ${digits} digits long.`),
    },
  } satisfies Record<string, Field>
}

export interface Aliases {
  readonly email?: string | undefined
  readonly mobile?: string | undefined
}

/** @returns `undefined` if there are none or two */
export function soleAlias({ email, mobile }: Aliases): AccountName | undefined {
  if (email !== undefined && mobile !== undefined) return undefined
  if (email !== undefined) return { field: 'email', value: email }
  if (mobile === undefined) return undefined
  return { field: 'phone', value: mobile }
}

/** @returns `undefined` if it is another user's address or number */
export function ownAlias(name: AccountName, user: StoredUser): OwnAddress | undefined {
  const { field } = name
  if (field === 'username') return undefined
  const address = user[field]
  if (address === undefined) return undefined
  if (targetOf({ field, value: address }) !== targetOf(name)) return undefined
  return { user, field, address }
}

/** An error that belongs to no field. */
export const nonFieldError = (message: string): AuthError =>
  new AuthError('invalid', undefined, { body: { non_field_errors: [message] } })

/** drfpasswordless has three messages, of which two say whether there is such an account, or such a code of another user. */
export function wrongTokenError(error: AuthError): AuthError {
  if (error.code === 'invalid_code' || error.code === 'no_active_account')
    return new AuthError('invalid', error.message, { body: { token: [WRONG_TOKEN] } })
  return error
}
