import { trimmed } from '../base/whitespace.ts'
import { passwordBytes } from '../passwords/password-bytes.ts'
import { type Person, type StrengthRule, weaknessesOf } from '../passwords/strength.ts'
import type { User } from './user.ts'

type Owner = Pick<User, 'username' | 'email' | 'attributes'>

/** Validates a new password. @returns the messages for the user @throws AuthError `invalid` above 4,096 bytes */
export async function passwordFaults(
  password: string,
  owner: Owner,
  rules: readonly StrengthRule[] | undefined,
): Promise<readonly string[]> {
  passwordBytes(password)
  // The sign-in endpoints refuse these, so no user could sign in with one.
  if (trimmed(password) === '') return ['This field may not be blank.']
  if (password.includes('\0')) return ['Null characters are not allowed.']
  return (await weaknessesOf(password, personOf(owner), rules)).map(
    ({ message }) => message,
  )
}

const personOf = ({
  username,
  email,
  attributes: { first_name, last_name },
}: Owner): Person => ({
  username,
  'first name': first_name,
  'last name': last_name,
  'email address': email,
})
