import type { Clock } from '../base/clock.ts'
import { hexId, type Random } from '../base/random.ts'
import { type Passwords, unusableHash } from '../passwords/passwords.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import { emailFault, emailOf } from './email.ts'
import {
  EMAIL_TAKEN,
  fieldError,
  listOf,
  NAME_TAKEN,
  rejectFieldErrors,
} from './field-errors.ts'
import { usernameFault, usernameKey, usernameOf } from './names.ts'
import { passwordFaults } from './password.ts'
import type { StoredUser, UserId } from './user.ts'
import type { Users } from './users.ts'

/** The fields of a new user. Without a password the user cannot sign in with one. */
export interface UserInput {
  readonly username: string
  readonly password?: string | undefined
  readonly email?: string | undefined
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
  readonly attributes?: Readonly<Record<string, unknown>>
}

export interface CreateUserDeps {
  readonly users: Users
  readonly passwords: Passwords
  /** The rules for new passwords. Default: Django's four validators. */
  readonly strength?: readonly StrengthRule[]
}

/**
 * Creates a user. The password is hashed only once every field is valid.
 *
 * @throws AuthError `invalid`, its body with the messages of each invalid field; `busy`
 */
export async function createUser(
  input: UserInput,
  deps: CreateUserDeps & { readonly clock: Clock; readonly random: Random },
): Promise<StoredUser> {
  const { users, passwords, clock, random } = deps
  const {
    password,
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
    username: listOf(usernameFault(name)),
    email: listOf(email === undefined ? undefined : emailFault(email)),
    password:
      password === undefined
        ? []
        : await passwordFaults(password, { username, email, attributes }, deps.strength),
  })

  const user: StoredUser = {
    id: hexId(random) as UserId,
    username,
    email,
    active,
    staff,
    superuser,
    roles,
    epoch: 0,
    joinedAt: clock(),
    lastLoginAt: undefined,
    attributes,
  }
  const hash =
    password === undefined ? unusableHash(random) : await passwords.hash(password)
  if (await users.insert({ ...user, usernameKey: usernameKey(username), hash }))
    return user
  const isEmail = email !== undefined && (await users.find('email', email)) !== undefined
  throw fieldError(isEmail ? { email: [EMAIL_TAKEN] } : { username: [NAME_TAKEN] })
}
