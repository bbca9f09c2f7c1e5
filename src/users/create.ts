import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId, type Random } from '../base/random.ts'
import { type Passwords, unusableHash } from '../passwords/passwords.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import { emailFault, emailOf } from './email.ts'
import {
  EMAIL_TAKEN,
  fieldError,
  ID_TAKEN,
  listOf,
  NAME_TAKEN,
  PHONE_TAKEN,
  rejectFieldErrors,
} from './field-errors.ts'
import { usernameFault, usernameKey, usernameOf } from './names.ts'

import { passwordFaults } from './password.ts'
import { phoneFault } from './phone.ts'
import type { StoredUser, UserId } from './user.ts'
import { parseMembers, USER_MEMBERS, type UserInput } from './user-input.ts'
import type { NewUser, Users } from './users.ts'

export interface CreateUserDeps {
  readonly users: Users
  readonly passwords: Passwords
  /** The rules for new passwords. Default: Django's four validators. */
  readonly strength?: readonly StrengthRule[]
}

/** What creating a user needs besides. */
interface NewUserDeps extends CreateUserDeps {
  readonly clock: Clock
  readonly random: Random
  /** Deletes what a deleted user of this id has left. Default: nothing, so that only an id of which nothing is left can be given. */
  removeRemains?(id: UserId): Promise<void>
  /** The messages for the attributes, if the option `user` names the fields that there are. */
  attributeFaults?(attributes: Readonly<Record<string, unknown>>): readonly string[]
  /** Called once every field is valid and the password is hashed. What it throws prevents the user. */
  beforeInsert?(user: StoredUser): Promise<void>
}

/**
 * Creates a user. The password is hashed only once every field is valid.
 *
 * @throws AuthError `invalid`, its body with the messages of each invalid field; `busy`; `store_unavailable` if a user with
 *   this id is being deleted
 */
export async function createUser(
  given: UserInput,
  deps: NewUserDeps,
): Promise<StoredUser> {
  const input = parseMembers(given, USER_MEMBERS, ['username'])
  const { users, passwords, clock, random } = deps
  const {
    id = hexId(random),
    password,
    phone,
    active = true,
    staff = false,
    superuser = false,
    roles = [],
    attributes = {},
  } = input
  const name = usernameOf(input.username)
  const email = input.email === undefined ? undefined : emailOf(input.email)
  const username = name ?? ''
  rejectFieldErrors({
    id: listOf(idFault(id)),
    username: listOf(usernameFault(name)),
    email: listOf(email === undefined ? undefined : emailFault(email)),
    emailVerified: listOf(nothingToVerify(input.emailVerified, email)),
    phone: listOf(phone === undefined ? undefined : phoneFault(phone)),
    phoneVerified: listOf(nothingToVerify(input.phoneVerified, phone)),
    attributes: deps.attributeFaults?.(attributes) ?? [],
    password:
      password === undefined
        ? []
        : await passwordFaults(password, { username, email, attributes }, deps.strength),
  })

  const now = clock()
  const user: StoredUser = {
    id: id as UserId,
    username,
    email,
    emailVerifiedAt: input.emailVerified === true ? now : undefined,
    phone,
    phoneVerifiedAt: input.phoneVerified === true ? now : undefined,
    active,
    staff,
    superuser,
    roles,
    // An id that was given may be that of a deleted user, whose tokens must not become this one's.
    epoch: input.id === undefined ? 0 : randomEpoch(random),
    joinedAt: now,
    lastLoginAt: undefined,
    attributes,
  }
  const hash =
    password === undefined ? unusableHash(random) : await passwords.hash(password)
  await deps.beforeInsert?.(user)
  const stored = { ...user, usernameKey: usernameKey(username), hash }
  const isGiven = input.id !== undefined
  if (await (isGiven ? insertWithId(stored, deps) : users.insert(stored))) return user
  if (input.id !== undefined && (await users.find('id', id)) !== undefined)
    throw fieldError({ id: [ID_TAKEN] })
  if (email !== undefined && (await users.find('email', email)) !== undefined)
    throw fieldError({ email: [EMAIL_TAKEN] })
  if (phone !== undefined && (await users.find('phone', phone)) !== undefined)
    throw fieldError({ phone: [PHONE_TAKEN] })
  throw fieldError({ username: [NAME_TAKEN] })
}

export const nothingToVerify = (
  isVerified: boolean | undefined,
  address: string | undefined,
): string | undefined =>
  isVerified === true && address === undefined
    ? 'There is no address to be verified.'
    : undefined

/** Remains may be left in between: until a deletion has committed, its user can write. */
const ATTEMPTS = 3

/**
 * Inserts a user with a given id, and deletes what a deleted user of this id has left.
 *
 * @returns `false` if the id, the name or an address is taken
 * @throws AuthError `store_unavailable` if a user with this id is being deleted
 */
export async function insertWithId(
  user: NewUser,
  { users, removeRemains }: Pick<NewUserDeps, 'users' | 'removeRemains'>,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const result = await users.insertWithId(user)
    if (result !== 'remains') return result === 'inserted'
    await removeRemains?.(user.id)
  }
  throw new AuthError('store_unavailable', 'a user with this id is being deleted', {
    retryAfter: 1,
  })
}

/** 30 bits: room to count on in a column of 32. */
export const randomEpoch = (random: Random): number =>
  Buffer.from(random(4)).readUInt32BE() >>> 2

export const idFault = (id: string): string | undefined =>
  /^[\x21-\x7e]{1,64}$/.test(id) ? undefined : 'Must be 1 to 64 visible ASCII characters.'
