import type { Awaitable } from '../base/awaitable.ts'
import { emailOf } from './email.ts'
import { usernameOf } from './names.ts'
import type { Account } from './user.ts'
import type { Users } from './users.ts'

const STORED = {
  username: usernameOf,
  email: emailOf,
  phone: (number: string) => number,
}

/** Finds the account of a login as a client sends it: in the form in which `create` stores it, an email address in any letter case. */
export function findByLogin(
  users: Pick<Users, 'find'>,
  field: keyof typeof STORED,
  login: string,
): Awaitable<Account | undefined> {
  const stored = STORED[field](login)
  if (stored === undefined) return undefined
  return users.find(field, stored)
}

/** The same for a client without credentials, with the same work for known and unknown logins (P8). */
export const readByLogin = (
  { read }: Pick<Users, 'read'>,
  field: keyof typeof STORED,
  login: string,
): Awaitable<Account | undefined> => findByLogin({ find: read }, field, login)
