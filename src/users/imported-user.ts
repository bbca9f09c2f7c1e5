import type { UnixSeconds } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { isUsable, type Passwords, unusableHash } from '../passwords/passwords.ts'
import { idFault, nothingToVerify, randomEpoch } from './create.ts'
import { emailFault, emailOf } from './email.ts'
import { listOf, rejectFieldErrors } from './field-errors.ts'
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
  const { emailVerifiedAt, phone, phoneVerifiedAt, joinedAt, lastLoginAt } = input
  const email = input.email === undefined ? undefined : emailOf(input.email)
  const name = usernameOf(input.username ?? input.email ?? phone ?? '')
  const username = name ?? ''
  const imported = await importedHash(input.passwordHash, passwords)
  rejectFieldErrors({
    id: listOf(idFault(input.id)),
    username: listOf(usernameFault(name)),
    email: listOf(email === undefined ? undefined : emailFault(email)),
    emailVerifiedAt: listOf(nothingToVerify(emailVerifiedAt !== undefined, email)),
    phone: listOf(phone === undefined ? undefined : phoneFault(phone)),
    phoneVerifiedAt: listOf(nothingToVerify(phoneVerifiedAt !== undefined, phone)),
    passwordHash: imported?.kind === 'fault' ? [imported.message] : [],
  })
  return {
    id: input.id as UserId,
    username,
    usernameKey: usernameKey(username),
    email,
    emailVerifiedAt: emailVerifiedAt as UnixSeconds | undefined,
    phone,
    phoneVerifiedAt: phoneVerifiedAt as UnixSeconds | undefined,
    hash: imported?.kind === 'hash' ? imported.hash : unusableHash(random),
    // The id may be that of a deleted user, whose tokens must not become this one's.
    epoch: randomEpoch(random),
    active: input.active ?? true,
    staff: input.staff ?? false,
    superuser: input.superuser ?? false,
    roles: input.roles ?? [],
    joinedAt: (joinedAt as UnixSeconds | undefined) ?? now,
    lastLoginAt: lastLoginAt as UnixSeconds | undefined,
    attributes: input.attributes ?? {},
  }
}

/** Django marks users without a password by `!`; elsewhere the hash is empty. */
const importedHash = (
  given: unknown,
  passwords: Pick<Passwords, 'importHash'>,
): ReturnType<Passwords['importHash']> | undefined => {
  const isNone =
    given === undefined ||
    given === '' ||
    (typeof given === 'string' && given.startsWith('!'))
  return isNone ? undefined : passwords.importHash(given)
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
    ...(email !== undefined && { email }),
    ...(emailVerifiedAt !== undefined && { emailVerifiedAt }),
    ...(phone !== undefined && { phone }),
    ...(phoneVerifiedAt !== undefined && { phoneVerifiedAt }),
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
