import type { Awaitable } from '../base/awaitable.ts'
import type { Clock, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { ifDefined, listOf } from '../base/optional.ts'
import { hexId, type Random } from '../base/random.ts'
import { type Passwords, unusableHash } from '../passwords/passwords.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import { emailFault, emailOf } from './email.ts'
import {
  EMAIL_TAKEN,
  fieldError,
  ID_TAKEN,
  NAME_TAKEN,
  PHONE_TAKEN,
  rejectFieldErrors,
} from './field-errors.ts'
import type { JointWrite } from './joint-write.ts'
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
  /** Made in the transaction that inserts a user without a given id. What it throws prevents the user. */
  readonly joint?: JointWrite
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
  const id = input.id ?? hexId(deps.random)
  await rejectInvalid({ ...input, id }, deps)
  const user = newUser(id, input, deps)
  const hash = await hashOf(input.password, deps)
  await deps.beforeInsert?.(user)
  const stored = { ...user, usernameKey: usernameKey(user.username), hash }
  if (!(await insert(stored, input, deps))) throw await takenError(user, input, deps)
  return user
}

/** @throws AuthError `invalid`, its body with the messages of each invalid field */
async function rejectInvalid(
  input: UserInput & { readonly id: string },
  { attributeFaults, strength }: NewUserDeps,
): Promise<void> {
  const { emailVerified, phone, phoneVerified, password, attributes = {} } = input
  const name = usernameOf(input.username)
  const email = ifDefined(input.email, emailOf)
  const user = { username: name ?? '', email, attributes }
  const ofPassword = ifDefined(password, (text) => passwordFaults(text, user, strength))
  rejectFieldErrors({
    id: listOf(idFault(input.id)),
    username: listOf(usernameFault(name)),
    email: listOf(ifDefined(email, emailFault)),
    emailVerified: listOf(nothingToVerify(emailVerified, email)),
    phone: listOf(ifDefined(phone, phoneFault)),
    phoneVerified: listOf(nothingToVerify(phoneVerified, phone)),
    attributes: attributeFaults?.(attributes) ?? [],
    password: (await ofPassword) ?? [],
  })
}

function newUser(
  id: string,
  input: UserInput,
  { clock, random }: Pick<NewUserDeps, 'clock' | 'random'>,
): StoredUser {
  const now = clock()
  return {
    id: id as UserId,
    username: usernameOf(input.username) ?? '',
    email: ifDefined(input.email, emailOf),
    emailVerifiedAt: verifiedAt(now, input.emailVerified),
    phone: input.phone,
    phoneVerifiedAt: verifiedAt(now, input.phoneVerified),
    active: input.active ?? true,
    staff: input.staff ?? false,
    superuser: input.superuser ?? false,
    roles: input.roles ?? [],
    // An id that was given may be that of a deleted user, whose tokens must not become this one's.
    epoch: ifDefined(input.id, () => randomEpoch(random)) ?? 0,
    joinedAt: now,
    lastLoginAt: undefined,
    attributes: input.attributes ?? {},
  }
}

function hashOf(
  password: string | undefined,
  { passwords, random }: NewUserDeps,
): Awaitable<string> {
  if (password === undefined) return unusableHash(random)
  return passwords.hash(password)
}

function insert(
  user: NewUser,
  { id }: UserInput,
  deps: Pick<NewUserDeps, 'users' | 'removeRemains' | 'joint'>,
): Promise<boolean> {
  if (id === undefined) return deps.users.insert(user, deps.joint)
  return insertWithId(user, deps)
}

/** The error for a user who was not inserted, naming the field that another user has. */
async function takenError(
  { id, email, phone }: StoredUser,
  input: UserInput,
  { users }: Pick<NewUserDeps, 'users'>,
): Promise<AuthError> {
  if (input.id !== undefined && (await users.find('id', id)) !== undefined)
    return fieldError({ id: [ID_TAKEN] })
  if (email !== undefined && (await users.find('email', email)) !== undefined)
    return fieldError({ email: [EMAIL_TAKEN] })
  if (phone !== undefined && (await users.find('phone', phone)) !== undefined)
    return fieldError({ phone: [PHONE_TAKEN] })
  return fieldError({ username: [NAME_TAKEN] })
}

/** When an address becomes verified: now, or `undefined` if it is not. */
export function verifiedAt(
  now: UnixSeconds,
  isVerified: boolean | undefined,
): UnixSeconds | undefined {
  if (isVerified !== true) return undefined
  return now
}

export function nothingToVerify(
  isVerified: boolean | undefined,
  address: string | undefined,
): string | undefined {
  if (isVerified === true && address === undefined)
    return 'There is no address to be verified.'
  return undefined
}

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

export function idFault(id: string): string | undefined {
  if (/^[\x21-\x7e]{1,64}$/.test(id)) return undefined
  return 'Must be 1 to 64 visible ASCII characters.'
}
