import { octetsOf } from '../passwords/octets.ts'
import { type Person, type StrengthRule, weaknessesOf } from '../passwords/strength.ts'
import type { User } from './user.ts'

type Owner = Pick<User, 'username' | 'email' | 'attributes'>

/** What is wrong with a new password of somebody. @throws Refusal `invalid` above 4,096 octets */
export async function passwordFaults(
  password: string,
  owner: Owner,
  rules: readonly StrengthRule[] | undefined,
): Promise<readonly string[]> {
  octetsOf(password)
  if (password === '') return ['This field may not be blank.']
  return (await weaknessesOf(password, personOf(owner), rules)).map(({ message }) => message)
}

const personOf = ({ username, email, attributes: { first_name, last_name } }: Owner): Person => ({
  username,
  'first name': first_name,
  'last name': last_name,
  'email address': email,
})
