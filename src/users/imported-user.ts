import type { UnixSeconds } from '../base/clock.ts'
import { ifDefined, listOf, withoutUndefined } from '../base/optional.ts'
import type { Random } from '../base/random.ts'
import { isUsable, type Passwords, unusableHash } from '../passwords/passwords.ts'
import { idFault, nothingToVerify, randomEpoch } from './create.ts'
import { emailFault, emailOf } from './email.ts'
import { type FieldErrors, rejectFieldErrors } from './field-errors.ts'
import { usernameFault, usernameKey, usernameOf } from './names.ts'
import { phoneFault } from './phone.ts'
import type { Account, UserId } from './user.ts'
import { IMPORTED_MEMBERS, type ImportedUser, parseMembers } from './user-input.ts'
import type { NewUser, UserChange } from './users.ts'

export interface ImportedUserDeps {
  readonly passwords: Pick<Passwords, 'importHash'>
  readonly random: Random
  /** The moment of the import. */
  readonly now: UnixSeconds
}

/**
 * A user of another system, as it is inserted.
 *
 * @throws AuthError `invalid`, its body with the messages of each invalid field; `invalid_config` if the hash needs a package that is
 *   not installed
 */
export async function parseImportedUser(
  given: ImportedUser,
  { passwords, random, now }: ImportedUserDeps,
): Promise<NewUser> {
  const input = parseMembers(given, IMPORTED_MEMBERS, ['id'])
  const imported = await importedHash(input.passwordHash, passwords)
  rejectFieldErrors({
    ...faultsOf(input),
    passwordHash: listOf(imported.message),
  })
  const username = nameOf(input) ?? ''
  return {
    id: input.id as UserId,
    username,
    usernameKey: usernameKey(username),
    email: ifDefined(input.email, emailOf),
    emailVerifiedAt: input.emailVerifiedAt as UnixSeconds | undefined,
    phone: input.phone,
    phoneVerifiedAt: input.phoneVerifiedAt as UnixSeconds | undefined,
    hash: imported.hash ?? unusableHash(random),
    // The id may be that of a deleted user, whose tokens must not become this one's.
    epoch: randomEpoch(random),
    active: input.active ?? true,
    staff: input.staff ?? false,
    superuser: input.superuser ?? false,
    roles: input.roles ?? [],
    joinedAt: (input.joinedAt as UnixSeconds | undefined) ?? now,
    lastLoginAt: input.lastLoginAt as UnixSeconds | undefined,
    attributes: input.attributes ?? {},
  }
}

/** @returns `undefined` if it is too long */
const nameOf = ({ username, email, phone }: ImportedUser): string | undefined =>
  usernameOf(username ?? email ?? phone ?? '')

function faultsOf(input: ImportedUser): FieldErrors {
  const { id, emailVerifiedAt, phone, phoneVerifiedAt } = input
  const email = ifDefined(input.email, emailOf)
  return {
    id: listOf(idFault(id)),
    username: listOf(usernameFault(nameOf(input))),
    email: listOf(ifDefined(email, emailFault)),
    emailVerifiedAt: listOf(nothingToVerify(emailVerifiedAt !== undefined, email)),
    phone: listOf(ifDefined(phone, phoneFault)),
    phoneVerifiedAt: listOf(nothingToVerify(phoneVerifiedAt !== undefined, phone)),
  }
}

/** @returns neither a hash nor a message if the user has no password: Django marks them by `!`; elsewhere the hash is empty */
async function importedHash(
  given: unknown,
  passwords: Pick<Passwords, 'importHash'>,
): Promise<{ readonly hash?: string; readonly message?: string }> {
  if (given === undefined || given === '') return {}
  if (typeof given === 'string' && given.startsWith('!')) return {}
  return passwords.importHash(given)
}

/** What an import changes of a user who exists: the members that it names. A password is replaced and never removed. */
export const changeOf = (input: ImportedUser, user: NewUser): UserChange => ({
  ...(input.username !== undefined && {
    username: user.username,
    usernameKey: user.usernameKey,
  }),
  ...(user.email !== undefined && { email: user.email }),
  ...(user.emailVerifiedAt !== undefined && { emailVerifiedAt: user.emailVerifiedAt }),
  ...(user.phone !== undefined && { phone: user.phone }),
  ...(user.phoneVerifiedAt !== undefined && { phoneVerifiedAt: user.phoneVerifiedAt }),
  ...(isUsable(user.hash) && { hash: user.hash }),
  ...(input.active !== undefined && { active: user.active }),
  ...(input.staff !== undefined && { staff: user.staff }),
  ...(input.superuser !== undefined && { superuser: user.superuser }),
  ...(input.roles !== undefined && { roles: user.roles ?? [] }),
  ...(user.lastLoginAt !== undefined && { lastLoginAt: user.lastLoginAt }),
  ...(input.attributes !== undefined && { attributes: user.attributes }),
})

/** A user as `parseImportedUser` takes it back. @param withHash whether the hash of the password is in it, if there is one */
export function exportedUser({ user, hash }: Account, withHash: boolean): ImportedUser {
  const { id, username, email, active, staff, superuser, roles } = user
  const { emailVerifiedAt, phone, phoneVerifiedAt } = user
  const { joinedAt, lastLoginAt, attributes } = user
  return {
    id,
    username,
    ...withoutUndefined({ email, emailVerifiedAt, phone, phoneVerifiedAt }),
    ...(withHash && isUsable(hash) && { passwordHash: hash }),
    active,
    staff,
    superuser,
    roles,
    joinedAt,
    ...(lastLoginAt !== undefined && { lastLoginAt }),
    attributes,
  }
}
