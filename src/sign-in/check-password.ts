import { AuthError } from '../base/errors.ts'
import { passwordCandidates, type Trim } from '../passwords/candidates.ts'
import { isUsable, type Passwords } from '../passwords/passwords.ts'
import type { Account, User } from '../users/user.ts'
import type { Users } from '../users/users.ts'

export interface CheckPasswordOptions {
  readonly loginField: 'username' | 'email'
  /** D2. */
  readonly trimPassword: Trim
  /** The authentication rule. It is asked before the password, and nobody who is refused by it is told whether that is right. */
  readonly allows: (user: User | undefined) => boolean
}

export interface CheckPasswordDeps {
  readonly users: Users
  readonly passwords: Passwords
}

/**
 * The account of somebody who knows its password: the one way in for whoever brings one (P12).
 *
 * Whether there is no such account, none with a password, none that is allowed or the password is wrong: the answer is
 * the same and takes the same work (P8). A hash that is not of today's encoding is replaced on the way.
 *
 * @throws AuthError `no_active_account`; `invalid` where the password has above 4,096 octets; `busy`
 */
export async function verifyCredentials(
  login: string,
  password: string,
  { users, passwords }: CheckPasswordDeps,
  { loginField, trimPassword, allows }: CheckPasswordOptions,
): Promise<Account> {
  const attempts = passwordCandidates(password, trimPassword)
  const account = await users.find(loginField, login)
  const mayEnter =
    allows(account?.user) && account !== undefined && isUsable(account.hash)
  const verdict = await passwords.verify(attempts, mayEnter ? account.hash : undefined)
  if (verdict.kind === 'wrong' || account === undefined)
    throw new AuthError('no_active_account')
  return verdict.outdated
    ? withNewHash(account, verdict.password, { users, passwords })
    : account
}

/**
 * Replaces the hash of a password that has been found right. Where others do so at the same moment, the account is as they
 * left it; where the password itself was changed meanwhile, it was the old one that was right.
 */
async function withNewHash(
  account: Account,
  password: string,
  { users, passwords }: CheckPasswordDeps,
): Promise<Account> {
  const hash = await hashUnlessBusy(password, passwords)
  if (hash === undefined) return account
  if (await users.upgradeHash(account.user.id, account.hash, hash))
    return { ...account, hash }
  const now = await users.find('id', account.user.id)
  if (now?.user.epoch !== account.user.epoch) {
    throw new AuthError('no_active_account', 'the password has just been changed')
  }
  return now
}

/** A new hash can wait until the next sign-in; the user need not. */
async function hashUnlessBusy(
  password: string,
  passwords: Passwords,
): Promise<string | undefined> {
  try {
    return await passwords.hash(password)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'busy') return undefined
    throw error
  }
}
