import type { Clock, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { ifDefined, listIf, listOf } from '../base/optional.ts'
import { type CreateUserDeps, verifiedAt } from './create.ts'
import { emailFault, emailKey, emailOf } from './email.ts'
import {
  EMAIL_TAKEN,
  NAME_TAKEN,
  PHONE_TAKEN,
  rejectFieldErrors,
} from './field-errors.ts'
import type { JointWrite } from './joint-write.ts'
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
 * @param options.joint made in the same transaction
 * @returns `undefined` if there is no such user, or `onlyIf` does not hold of it
 * @throws AuthError `invalid` if the username, the email or the phone is invalid or taken
 */
export async function changeUser(
  id: UserId,
  update: UserUpdate,
  { users, clock }: { readonly users: Users; readonly clock: Clock },
  { onlyIf, joint, ...options }: ChangeOptions = {},
): Promise<StoredUser | undefined> {
  const change = { ...checkedChange(update, clock()), ...options }
  return writeChange(id, change, users, { onlyIf, joint })
}

export interface ChangeOptions extends Pick<UserChange, 'beginsEpoch'> {
  readonly onlyIf?: UserCondition | undefined
  readonly joint?: JointWrite | undefined
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
  { onlyIf, joint }: Omit<ChangeOptions, 'beginsEpoch'> = {},
): Promise<StoredUser | undefined> {
  await rejectTaken(id, change, users)
  try {
    return await users.change(id, change, onlyIf, joint)
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
  const username = ifDefined(name, usernameOf)
  const email = ifDefined(rest.email, emailOf)
  rejectFieldErrors({
    username: listOf(ifDefined(name, () => usernameFault(username))),
    email: listOf(ifDefined(email, emailFault)),
    phone: listOf(ifDefined(rest.phone, phoneFault)),
  })
  return {
    ...rest,
    ...(emailVerified !== undefined && {
      emailVerifiedAt: verifiedAt(now, emailVerified),
    }),
    ...(phoneVerified !== undefined && {
      phoneVerifiedAt: verifiedAt(now, phoneVerified),
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
    ifDefined(usernameKey, (key) => users.findByKey('username', key)),
    ifDefined(email, (address) => users.findByKey('email', emailKey(address))),
    ifDefined(phone, (number) => users.read('phone', number)),
  ])
  const isTaken = (holder: StoredUser | undefined): boolean =>
    holder !== undefined && holder.id !== id
  rejectFieldErrors({
    username: listIf(isTaken(ofName), NAME_TAKEN),
    email: listIf(isTaken(ofEmail), EMAIL_TAKEN),
    phone: listIf(isTaken(ofPhone?.user), PHONE_TAKEN),
  })
}
