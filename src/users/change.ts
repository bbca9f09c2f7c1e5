import type { Clock, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { CreateUserDeps } from './create.ts'
import { emailFault, emailKey, emailOf } from './email.ts'
import {
  EMAIL_TAKEN,
  listOf,
  NAME_TAKEN,
  PHONE_TAKEN,
  rejectFieldErrors,
} from './field-errors.ts'
import { usernameFault, usernameKey, usernameOf } from './names.ts'
import { passwordFaults } from './password.ts'
import { phoneFault } from './phone.ts'
import type { Attributes, StoredUser, UserId } from './user.ts'
import { CHANGEABLE_MEMBERS, parseMembers, type UserInput } from './user-input.ts'
import type { UserChange, UserCondition, Users } from './users.ts'

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
  const hash = await passwords.hash(password)
  if (!(await users.setPassword(id, hash, { joinedAt: account.user.joinedAt })))
    throw new AuthError('user_not_found')
}

/** Each member replaces the user's; one that is left out stays. */
export type UserUpdate<A extends object = Attributes> = Partial<
  Omit<UserInput<A>, 'id' | 'password'>
>

/**
 * Changes fields of a user. Another email address or phone number is unverified, unless the update says that it is verified. The
 * caller revokes the sessions of a user that it deactivates.
 *
 * @param update the result of `parseUpdate`
 * @param options.beginsEpoch the field by which tokens name the user: if it changes, sign-ins that are under way fail
 * @param options.onlyIf what must still hold of the user
 * @returns `undefined` if there is no such user, or `onlyIf` does not hold of it
 * @throws AuthError `invalid` if the username, the email or the phone is invalid or taken
 */
export async function changeUser(
  id: UserId,
  update: UserUpdate,
  { users, clock }: { readonly users: Users; readonly clock: Clock },
  { onlyIf, ...options }: ChangeOptions = {},
): Promise<StoredUser | undefined> {
  const change = { ...checkedChange(update, clock()), ...options }
  return writeChange(id, change, users, onlyIf)
}

export interface ChangeOptions extends Pick<UserChange, 'beginsEpoch'> {
  readonly onlyIf?: UserCondition
}

/**
 * Writes a change whose values are valid.
 *
 * @returns `undefined` if there is no such user
 * @throws AuthError `invalid` if the username, the email or the phone is taken
 */
export async function writeChange(
  id: UserId,
  change: UserChange,
  users: Users,
  onlyIf?: UserCondition,
): Promise<StoredUser | undefined> {
  await rejectTaken(id, change, users)
  try {
    return await users.change(id, change, onlyIf)
  } catch (error) {
    // A concurrent change may have taken the name or an address since the check.
    await rejectTaken(id, change, users)
    throw error
  }
}

/** @throws AuthError `invalid` if it has members that cannot be changed, or values of other types */
export const parseUpdate = (update: UserUpdate): UserUpdate =>
  parseMembers(update, CHANGEABLE_MEMBERS)

/** @throws AuthError `invalid` */
function checkedChange(
  { username: name, emailVerified, phoneVerified, ...rest }: UserUpdate,
  now: UnixSeconds,
): UserChange {
  const username = name === undefined ? undefined : usernameOf(name)
  const email = rest.email === undefined ? undefined : emailOf(rest.email)
  rejectFieldErrors({
    username: listOf(name === undefined ? undefined : usernameFault(username)),
    email: listOf(email === undefined ? undefined : emailFault(email)),
    phone: listOf(rest.phone === undefined ? undefined : phoneFault(rest.phone)),
  })
  return {
    ...rest,
    ...(emailVerified !== undefined && {
      emailVerifiedAt: emailVerified ? now : undefined,
    }),
    ...(phoneVerified !== undefined && {
      phoneVerifiedAt: phoneVerified ? now : undefined,
    }),
    // Without a value, `email` as a member removes the address.
    ...(email !== undefined && { email }),
    ...(username !== undefined && { username, usernameKey: usernameKey(username) }),
  }
}

/** @throws AuthError `invalid` if another user has the name, the email or the phone */
async function rejectTaken(
  id: UserId,
  { usernameKey, email, phone }: UserChange,
  users: Users,
): Promise<void> {
  const [ofName, ofEmail, ofPhone] = await Promise.all([
    usernameKey === undefined ? undefined : users.findByKey('username', usernameKey),
    email === undefined ? undefined : users.findByKey('email', emailKey(email)),
    phone === undefined ? undefined : users.read('phone', phone),
  ])
  const isTaken = (holder: StoredUser | undefined): boolean =>
    holder !== undefined && holder.id !== id
  rejectFieldErrors({
    username: isTaken(ofName) ? [NAME_TAKEN] : [],
    email: isTaken(ofEmail) ? [EMAIL_TAKEN] : [],
    phone: isTaken(ofPhone?.user) ? [PHONE_TAKEN] : [],
  })
}
