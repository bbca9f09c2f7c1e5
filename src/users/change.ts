import { AuthError } from '../base/errors.ts'
import type { CreateUserDeps, UserInput } from './create.ts'
import { emailFault, emailOf } from './email.ts'
import { EMAIL_TAKEN, fieldError, rejectFieldErrors } from './field-errors.ts'
import { passwordFaults } from './password.ts'
import type { User, UserId } from './user.ts'
import type { UserChange, Users } from './users.ts'

/**
 * Sets a user's password and increments the epoch in one statement: sessions keep the epoch they began with, and end.
 *
 * @throws AuthError `invalid` if the password is weak; `user_not_found`; `busy`
 */
export async function setPassword(
  id: UserId,
  password: string,
  deps: CreateUserDeps,
): Promise<void> {
  const { users, passwords, strength } = deps
  const account = await users.find('id', id)
  if (account === undefined) throw new AuthError('user_not_found')
  rejectFieldErrors({ password: await passwordFaults(password, account.user, strength) })
  if (!(await users.setPassword(id, await passwords.hash(password))))
    throw new AuthError('user_not_found')
}

/**
 * Changes fields of a user. The caller revokes the sessions of a user that it deactivates.
 *
 * @returns `undefined` if there is no such user
 * @throws AuthError `invalid` if the email is malformed or taken
 */
export async function changeUser(
  id: UserId,
  change: Partial<Omit<UserInput, 'username' | 'password'>>,
  users: Users,
): Promise<User | undefined> {
  if (change.email === undefined) return users.change(id, change)
  const email = emailOf(change.email)
  const fault = emailFault(email)
  if (fault !== undefined) throw fieldError({ email: [fault] })
  const refuseTaken = async (): Promise<void> => {
    const holder = await users.find('email', email)
    if (holder !== undefined && holder.user.id !== id)
      throw fieldError({ email: [EMAIL_TAKEN] })
  }
  await refuseTaken()
  const checked: UserChange = { ...change, email }
  try {
    return await users.change(id, checked)
  } catch (error) {
    // A concurrent change may have taken the email since the check.
    await refuseTaken()
    throw error
  }
}
