import { commandFor, DATABASE } from '../command/command.ts'
import { assertFound, CommandError, UsageError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import { userNamed } from '../command/user-named.ts'
import { namesIn } from '../command/values.ts'
import type { Admin } from '../instance/admin.ts'
import type { UserUpdate } from '../users/change.ts'
import type { User } from '../users/user.ts'
import { changeUser, deletedMeanwhile } from './change-user.ts'
import { fieldsOf } from './fields-option.ts'
import { attributesIn, SET } from './set-option.ts'
import { ADDRESSES, addressesIn } from './user-options.ts'
import { detailsOf, outputOf, shown } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

export const userChange = command({
  name: 'user change',
  summary: 'Changes the email address, the phone number or other fields of a user.',
  args: ['NAME'],
  description:
    'Another address is not verified. It voids the one-time codes that the user was sent.',
  examples: [
    'watchword user change ada --email ada@example.com --email-verified',
    'watchword user change ada --phone +351912345678',
    'watchword user change ada --no-phone',
    'watchword user change ada --fields "team:string,born:date?" --set team=blue --set born=',
  ],
  options: {
    ...ADDRESSES,
    ...SET,
    'no-email': { type: 'boolean', help: 'remove the email address' },
    'no-phone': { type: 'boolean', help: 'remove the phone number' },
    ...DATABASE,
  },
  run: ({ values, args: [name = ''], context, open }) => {
    const attributes = attributesIn(values, context)
    const change = {
      ...addressesIn(values),
      ...(values['no-email'] === true && { email: undefined }),
      ...(values['no-phone'] === true && { phone: undefined }),
    }
    if (attributes === undefined && Object.keys(change).length === 0)
      throw new UsageError('Say what to change, such as --email ada@example.com.')
    return open(
      values.database,
      async (auth) => {
        const changed = await changeAttributes(auth, name, change, attributes)
        return outputOf(changed, detailsOf(changed))
      },
      { options: fieldsOf(values, context) },
    )
  },
})

/** How often concurrent changes of the same user are waited for. */
const ATTEMPTS = 5

/** Changes a user; attributes that `--set` does not name stay, also if another process changes them at the same moment. */
async function changeAttributes(
  auth: Pick<Admin, 'users'>,
  name: string,
  change: Parameters<Admin['users']['change']>[1],
  named: Readonly<Record<string, unknown>> | undefined,
): Promise<User> {
  let user = await userNamed(name, auth)
  if (named === undefined) return changeUser(auth, user, change)
  const { id, username } = user
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const onlyIf = { attributes: user.attributes }
    const attributes = merged(user, named)
    const changed = await auth.users.change(id, { ...change, attributes }, { onlyIf })
    if (changed !== undefined) return changed
    const read = await auth.users.find({ id })
    assertFound(read, deletedMeanwhile(username))
    user = read
  }
  throw new CommandError(
    `${shown(user)} is being changed by other processes; nothing was changed. Run the command again.`,
  )
}

/** The attributes of a user after a change; `null` removes one. */
const merged = (
  { attributes }: User,
  change: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...attributes, ...change }).filter(([, value]) => value !== null),
  )

export const userVerify = command({
  name: 'user verify',
  summary: 'Marks the email address of a user as verified.',
  args: ['NAME'],
  description:
    'For users who have signed up and cannot confirm the address themselves. With --phone, the phone number.',
  examples: ['watchword user verify ada', 'watchword user verify ada --phone'],
  options: {
    phone: { type: 'boolean', help: 'the phone number in place of the address' },
    ...DATABASE,
  },
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const changed = await changeUser(auth, user, verification(user, values.phone))
      return outputOf(changed, detailsOf(changed))
    }),
})

/** @throws CommandError if the user has no such address */
function verification(user: User, ofPhone = false): UserUpdate {
  if (ofPhone && user.phone === undefined)
    throw new CommandError(`${shown(user)} has no phone number.`)
  if (ofPhone) return { phoneVerified: true }
  if (user.email === undefined)
    throw new CommandError(`${shown(user)} has no email address.`)
  return { emailVerified: true }
}

export const userRename = command({
  name: 'user rename',
  summary: 'Changes the name of a user.',
  args: ['NAME', 'NEW'],
  description: 'The user stays signed in. The old name is free for another user.',
  examples: ['watchword user rename vitor vitor.silva'],
  options: DATABASE,
  run: ({ values, args: [name = '', username = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const changed = await changeUser(auth, user, { username })
      return outputOf(changed, `Renamed ${shown(user)} to ${shown(changed)}.`)
    }),
})

export const userRoles = command({
  name: 'user roles',
  summary: 'Shows the roles of a user, or replaces them.',
  args: ['NAME', '[ROLES]'],
  description:
    'Separate roles by commas; "" removes all of them. What a role may do is set by the `roles` option of the program.',
  examples: ['watchword user roles vitor', 'watchword user roles vitor editor,viewer'],
  options: DATABASE,
  run: ({ values, args: [name = '', roles], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      if (roles === undefined) return outputOf(user, rolesText(user))
      const change = { roles: namesIn(roles) }
      const changed = await changeUser(auth, user, change)
      return outputOf(changed, rolesText(changed))
    }),
})

function rolesText(user: User): string {
  const roles = user.roles.map(printable)
  if (roles.length === 0) return `${shown(user)} has no roles.`
  if (roles.length === 1) return `${shown(user)} has the role ${roles[0]}.`
  return `${shown(user)} has the roles ${roles.join(', ')}.`
}
