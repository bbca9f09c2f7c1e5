import { ifDefined } from '../../base/optional.ts'
import { oneOfFields } from '../../http/description.ts'
import type { Fields } from '../../http/fields.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import { emailFault, emailKey, emailOf } from '../../users/email.ts'
import { fieldError } from '../../users/field-errors.ts'
import { readByLogin } from '../../users/find-by-login.ts'
import { throttleKeyOf } from '../../users/names.ts'
import { phoneFault } from '../../users/phone.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'

export type NameField = 'email' | 'phone' | 'username'

/** How a client without credentials names an account. */
export interface AccountName {
  readonly field: NameField
  /** As the client sent it. */
  readonly value: string
}

/** @throws AuthError `invalid` if the address or number is not valid */
export function requireValidName({ field, value }: AccountName): void {
  const fault = FAULTS[field](value)
  if (fault !== undefined) throw fieldError({ [field]: [fault] })
}

const FAULTS = {
  email: emailFault,
  phone: phoneFault,
  username: () => undefined,
} satisfies Record<NameField, (value: string) => string | undefined>

/** The target of codes for an account that is named so, whether or not there is one. */
export const targetOf = ({ field, value }: AccountName): string => TARGETS[field](value)

const TARGETS = {
  email: (address: string) => emailKey(emailOf(address)),
  phone: (number: string) => number,
  // No address begins so: codes for a name and for an address do not mix.
  username: (name: string) => `username ${throttleKeyOf(name)}`,
} satisfies Record<NameField, (value: string) => string>

/**
 * The target of a link, which is redeemed without it. For a known account it is the address, so a newer link supersedes the former one
 * under each name of the account. Digits are counted by the name that was sent, which must not show the address.
 */
export function linkTargetOf(name: AccountName, user: StoredUser | undefined): string {
  if (user?.email === undefined) return targetOf(name)
  return emailKey(user.email)
}

/**
 * The user whom a message for this account goes to. One read, whether or not there is one.
 *
 * @returns `undefined` also if the user is inactive, or has no address of the channel
 */
export async function findRecipient(
  { field, value }: AccountName,
  channel: 'email' | 'phone',
  { users }: Pick<Core, 'users'>,
): Promise<StoredUser | undefined> {
  return recipientOf(await readByLogin(users, field, value), channel)
}

/** The user of an account who can get something through the channel. */
export function recipientOf(
  account: Account | undefined,
  channel: 'email' | 'phone',
): StoredUser | undefined {
  if (account?.user.active === true && account.user[channel] !== undefined)
    return account.user
  return undefined
}

/** The account of a code: as committed. */
export const accountOf = async (
  id: string | undefined,
  { users }: Pick<Core, 'users'>,
): Promise<Account | undefined> => {
  const account = await ifDefined(id, (each) => users.read('id', each))
  if (account?.user.active !== true) return undefined
  return account
}

export const TEXT = { trim: true, maxBytes: 1024 } as const

/** The field by which a body names an account: the first of the list that it has, else the first of the list. */
export function nameFields<Field extends NameField>(
  allowed: readonly Field[],
  { values }: ParsedBody,
): Fields<Field> {
  const field = allowed.find((each) => values.has(each)) ?? allowed[0] ?? 'email'
  return { [field]: TEXT } as unknown as Fields<Field>
}

/** The bodies that `nameFields` reads. */
export const nameBody = (
  allowed: readonly NameField[],
  others: Fields = {},
): JsonSchema => oneOfFields(...allowed.map((field) => ({ [field]: TEXT, ...others })))

/** The name among fields of `nameFields`. */
export function nameIn(
  fields: Readonly<Partial<Record<NameField, string>>>,
): AccountName {
  for (const field of ['email', 'phone', 'username'] as const) {
    const value = fields[field]
    if (value !== undefined) return { field, value }
  }
  throw fieldError({ email: ['This field is required.'] })
}
