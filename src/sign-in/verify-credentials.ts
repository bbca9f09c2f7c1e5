import { AuthError } from '../base/errors.ts'
import { passwordCandidates, type Trim } from '../passwords/candidates.ts'
import { isUsable, type Passwords } from '../passwords/passwords.ts'
import { readByLogin } from '../users/find-by-login.ts'
import type { Account, User } from '../users/user.ts'
import type { Users } from '../users/users.ts'

export interface VerifyCredentialsOptions {
  readonly loginField: 'username' | 'email'
  /** Whether white space at the ends of a password is ignored (D2). */
  readonly trimPassword: Trim
  /** The authentication rule. The answer for a rejected user does not show whether the password was right. */
  readonly allows: (user: User | undefined) => boolean
  /** The network of the client, which gets its turn among others. */
  readonly client?: string
}

export interface VerifyCredentialsDeps {
  readonly users: Users
  readonly passwords: Passwords
}

/**
 * Finds the account of a login and checks its password.
 *
 * An unknown login, an account without a password, a rejected user and a wrong password have the same error and
 * take the same work. An outdated hash is replaced. If too many passwords are being checked, no account is read.
 *
 * @throws AuthError `no_active_account`; `invalid` if the password is above 4,096 bytes; `busy`
 */
export async function verifyCredentials(
  login: string,
  password: string,
  { users, passwords }: VerifyCredentialsDeps,
  { loginField, trimPassword, allows, client }: VerifyCredentialsOptions,
): Promise<Account> {
  passwords.requireRoom(client)
  const candidates = passwordCandidates(password, trimPassword)
  const account = await readByLogin(users, loginField, login)
  const isCandidate = allows(account?.user) && account && isUsable(account.hash)
  const hash = isCandidate ? account.hash : undefined
  const result = await passwords.verify(candidates, hash, client)
  if (result.kind === 'wrong' || account === undefined)
    throw new AuthError('no_active_account')
  if (!result.outdated) return account
  return withNewHash(account, result.password, { users, passwords }, client)
}

/**
 * Replaces the hash of a password that matched. If a concurrent sign-in has replaced it, its hash is returned.
 *
 * @throws AuthError `no_active_account` if the password was changed meanwhile: the old one had matched
 */
async function withNewHash(
  account: Account,
  password: string,
  { users, passwords }: VerifyCredentialsDeps,
  client: string | undefined,
): Promise<Account> {
  const hash = await hashUnlessBusy(password, passwords, client)
  if (hash === undefined) return account
  if (await users.upgradeHash(account.user.id, account.hash, hash))
    return { ...account, hash }
  const current = await users.read('id', account.user.id)
  if (current?.user.epoch !== account.user.epoch)
    throw new AuthError('no_active_account', 'the password has just been changed')
  return current
}

/** If hashing is busy, the hash is replaced at a later sign-in. */
async function hashUnlessBusy(
  password: string,
  passwords: Passwords,
  client: string | undefined,
): Promise<string | undefined> {
  try {
    return await passwords.hash(password, client)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'busy') return undefined
    throw error
  }
}
