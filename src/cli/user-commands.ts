import type { Secret } from '../base/secret.ts'
import {
  type CommandOutput,
  commandFor,
  DATABASE,
  type Values,
} from '../command/command.ts'
import { type CommandContext, shellWord } from '../command/context.ts'
import { assertFound, CommandError, UsageError } from '../command/errors.ts'
import { isoOf, momentOf, printable, quoted, yesNo } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import { userNamed } from '../command/user-named.ts'
import { parseCount } from '../command/values.ts'
import type { Admin } from '../instance/admin.ts'
import type { User } from '../users/user.ts'
import { confirms, newPassword } from './ask.ts'
import { databaseOf } from './database.ts'
import { nextCommand } from './next-command.ts'

type UserAdmin = Pick<Admin, 'users' | 'sessions' | 'apiTokens' | 'events'>

const command = commandFor<UserAdmin>()

const STDIN = {
  'password-stdin': {
    type: 'boolean',
    help: 'read the password from standard input, on a terminal too',
  },
} as const

const ADDRESSES = {
  email: { type: 'string', value: 'EMAIL', help: 'the email address' },
  'email-verified': {
    type: 'boolean',
    help: 'the user is known to receive mail there',
  },
  phone: { type: 'string', value: 'NUMBER', help: 'such as +351912345678' },
  'phone-verified': {
    type: 'boolean',
    help: 'the user is known to receive messages there',
  },
} as const

const PASSWORD = `On a terminal, the password is asked for twice and not shown. Otherwise it is read from standard input. It is never an option, because
other users of this machine can read those.`

export const userCreate = command({
  name: 'user create',
  summary: 'Creates a user.',
  args: ['NAME'],
  description: PASSWORD,
  examples: [
    'watchword user create vitor',
    'watchword user create ada --email ada@example.com --superuser --staff',
    'printf %s "$PASSWORD" | watchword user create ci',
    'watchword user create robot --no-password --roles editor,viewer',
  ],
  options: {
    id: {
      type: 'string',
      value: 'ID',
      help: 'the id in another system; default: generated',
    },
    ...ADDRESSES,
    staff: { type: 'boolean', help: 'make the user staff' },
    superuser: { type: 'boolean', help: 'allow the user everything' },
    roles: { type: 'string', value: 'ROLES', help: 'role names, separated by commas' },
    inactive: { type: 'boolean', help: 'do not allow sign-in until activated' },
    'no-password': { type: 'boolean', help: 'no password, so no sign-in with one' },
    ...STDIN,
    ...DATABASE,
  },
  async run({ values, args: [username = ''], context, open }) {
    const password = await firstPassword(values, context)
    const input = {
      username,
      ...(values.id !== undefined && { id: values.id }),
      ...(password !== undefined && { password: password.reveal() }),
      ...addressesIn(values),
      active: values.inactive !== true,
      staff: values.staff === true,
      superuser: values.superuser === true,
      roles: rolesIn(values.roles),
    }
    return open(
      values.database,
      async ({ users }) => {
        const user = await users.create(input)
        return outputOf(user, `Created ${shown(user)}.`)
      },
      { create: true },
    )
  },
})

/** The addresses that the options name. */
const addressesIn = (values: Values<typeof ADDRESSES>) => ({
  ...(values.email !== undefined && { email: values.email }),
  ...(values['email-verified'] === true && { emailVerified: true }),
  ...(values.phone !== undefined && { phone: values.phone }),
  ...(values['phone-verified'] === true && { phoneVerified: true }),
})

export const userShow = command({
  name: 'user show',
  summary: 'Shows a user.',
  args: ['NAME'],
  description:
    'Also shows when the addresses were verified, the sessions, the API tokens and the last ten events. Times are in UTC.',
  examples: ['watchword user show vitor', 'watchword user show vitor --json'],
  options: DATABASE,
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const more = await moreOf(user, auth)
      return {
        text: [detailsOf(user), ...moreText(more)].join('\n\n'),
        json: { ...toJson(user), ...more },
      }
    }),
})

const LAST_EVENTS = 10

async function moreOf({ id }: User, { sessions, apiTokens, events }: UserAdmin) {
  const all = await sessions.list(id)
  return {
    sessions: all.filter(({ revokedAt }) => revokedAt === undefined),
    api_tokens: await apiTokens.list(id),
    events: await events.list({ userId: id, limit: LAST_EVENTS }),
  }
}

function moreText(more: Awaited<ReturnType<typeof moreOf>>): readonly string[] {
  const sessions = more.sessions.map((each) => [
    each.id,
    momentOf(each.createdAt),
    momentOf(each.expiresAt),
  ])
  const tokens = more.api_tokens.map((each) => [
    `${each.hint}…`,
    each.name ?? '–',
    momentOf(each.createdAt),
  ])
  const events = more.events.map((each) => [momentOf(each.at), each.kind])
  return [
    ...section(['SESSION', 'SINCE', 'UNTIL'], sessions),
    ...section(['API TOKEN', 'NAME', 'SINCE'], tokens),
    ...section(['AT', 'EVENT'], events),
  ]
}

const section = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => (rows.length === 0 ? [] : [tableOf(head, rows)])

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
      const field = values.phone === true ? 'phone' : 'email'
      if (user[field] === undefined)
        throw new CommandError(
          `${shown(user)} has no ${values.phone === true ? 'phone number' : 'email address'}.`,
        )
      const changed = await changeUser(
        auth,
        user,
        values.phone === true ? { phoneVerified: true } : { emailVerified: true },
      )
      return outputOf(changed, detailsOf(changed))
    }),
})

export const userInvite = command({
  name: 'user invite',
  summary: 'Mails an invitation to sign up.',
  args: ['EMAIL'],
  description:
    'Needs WATCHWORD_MAIL, WATCHWORD_URL, with which the link begins, and WATCHWORD_SECRET, as for the server. A sign-up with the invitation verifies the address.',
  examples: [
    'watchword user invite ada@example.com',
    'watchword user invite ada@example.com --roles editor,viewer',
  ],
  options: {
    roles: { type: 'string', value: 'ROLES', help: 'role names, separated by commas' },
    ...DATABASE,
  },
  run: ({ values, args: [email = ''], open }) =>
    open(
      values.database,
      async ({ users }) => {
        const roles = rolesIn(values.roles)
        await users.invite({ email, roles })
        return {
          text: `Invited ${printable(email)}.`,
          json: { email, roles },
        }
      },
      { withMail: true },
    ),
})

const detailsOf = (user: User): string =>
  tableOf(
    ['NAME', user.username],
    [
      ['ID', user.id],
      ['EMAIL', addressText(user.email, user.emailVerifiedAt)],
      ['PHONE', addressText(user.phone, user.phoneVerifiedAt)],
      ['ACTIVE', yesNo(user.active)],
      ['STAFF', yesNo(user.staff)],
      ['SUPERUSER', yesNo(user.superuser)],
      ['ROLES', user.roles.join(', ') || '–'],
      ['JOINED', momentOf(user.joinedAt)],
      ['LAST SIGN-IN', momentOf(user.lastLoginAt)],
    ],
  )

function addressText(
  address: string | undefined,
  verifiedAt: number | undefined,
): string {
  if (address === undefined) return '–'
  if (verifiedAt === undefined) return `${address} (not verified)`
  return `${address} (verified ${momentOf(verifiedAt)})`
}

export const userChange = command({
  name: 'user change',
  summary: 'Changes the email address or the phone number of a user.',
  args: ['NAME'],
  description:
    'Another address is not verified. It voids the one-time codes that the user was sent.',
  examples: [
    'watchword user change ada --email ada@example.com --email-verified',
    'watchword user change ada --phone +351912345678',
    'watchword user change ada --no-phone',
  ],
  options: {
    ...ADDRESSES,
    'no-email': { type: 'boolean', help: 'remove the email address' },
    'no-phone': { type: 'boolean', help: 'remove the phone number' },
    ...DATABASE,
  },
  run: ({ values, args: [name = ''], open }) => {
    const change = {
      ...addressesIn(values),
      ...(values['no-email'] === true && { email: undefined }),
      ...(values['no-phone'] === true && { phone: undefined }),
    }
    if (Object.keys(change).length === 0)
      throw new UsageError('Say what to change, such as --email ada@example.com.')
    return open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const changed = await changeUser(auth, user, change)
      return outputOf(changed, detailsOf(changed))
    })
  },
})

/** @returns `undefined` with --no-password */
async function firstPassword(
  options: { readonly 'no-password'?: boolean; readonly 'password-stdin'?: boolean },
  context: CommandContext,
): Promise<Secret | undefined> {
  const { 'no-password': isNone, 'password-stdin': isOnStdin } = options
  if (isNone && isOnStdin)
    throw new UsageError('Give either --no-password or --password-stdin, not both.')
  if (isNone) return undefined
  return newPassword(context, isOnStdin)
}

export const userList = command({
  name: 'user list',
  summary: 'Lists users by name.',
  args: [],
  description: 'Shows 100 at a time. If there are more, the last line says how to go on.',
  examples: [
    'watchword user list',
    'watchword user list --after vitor --limit 20',
    'watchword user list --json',
  ],
  options: {
    after: { type: 'string', value: 'NAME', help: 'begin after this name' },
    limit: { type: 'string', value: 'COUNT', help: '1 to 1000; default: 100' },
    ...DATABASE,
  },
  async run({ values, open }) {
    const limit = parseCount({ name: '--limit', text: values.limit ?? '100' }, [1, 1000])
    const page = {
      limit: limit + 1,
      ...(values.after !== undefined && { after: values.after }),
    }
    const all = await open(values.database, ({ users }) => users.list(page))
    const users = all.slice(0, limit)
    return {
      text: userTable(users) + moreAfter(all, limit),
      json: users.map(toJson),
    }
  },
})

function userTable(users: readonly User[]): string {
  if (users.length === 0) return 'There are no users.'
  return tableOf(
    ['NAME', 'EMAIL', 'ACTIVE', 'STAFF', 'SUPERUSER', 'JOINED (UTC)', 'ID'],
    users.map((user) => [
      user.username,
      user.email || '–',
      yesNo(user.active),
      yesNo(user.staff),
      yesNo(user.superuser),
      momentOf(user.joinedAt),
      user.id,
    ]),
  )
}

function moreAfter(users: readonly User[], limit: number): string {
  const last = users[limit - 1]
  if (last === undefined || users.length <= limit) return ''
  return `\n\nThere are more users. To go on, add: --after ${shellWord(printable(last.username))}`
}

export const userPasswd = command({
  name: 'user passwd',
  summary: 'Changes the password of a user and revokes all of their sessions.',
  args: ['NAME'],
  description: `API tokens of the user stay valid; "watchword token revoke --user NAME" revokes them.

${PASSWORD}`,
  examples: [
    'watchword user passwd vitor',
    'printf %s "$PASSWORD" | watchword user passwd vitor',
  ],
  options: { ...STDIN, ...DATABASE },
  run: ({ values, args: [name = ''], context, open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const revoke = nextCommand(
        `token revoke --user ${shellWord(user.username)}`,
        databaseOf(values.database, context),
        context,
      )
      const password = await newPassword(context, values['password-stdin'])
      await auth.users.setPassword(user.id, password.reveal())
      return outputOf(
        user,
        `Changed the password of ${shown(user)}. Their sessions are revoked. Their API tokens are not: to revoke them, too, type\n  ${revoke}`,
      )
    }),
})

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
      const change = { roles: rolesIn(roles) }
      const changed = await changeUser(auth, user, change)
      return outputOf(changed, rolesText(changed))
    }),
})

const rolesIn = (list = ''): readonly string[] =>
  [...new Set(list.split(',').map((role) => role.trim()))].filter(Boolean)

function rolesText(user: User): string {
  const roles = user.roles.map(printable)
  if (roles.length === 0) return `${shown(user)} has no roles.`
  if (roles.length === 1) return `${shown(user)} has the role ${roles[0]}.`
  return `${shown(user)} has the roles ${roles.join(', ')}.`
}

export const userActivate = command({
  name: 'user activate',
  summary: 'Allows a user to sign in again.',
  args: ['NAME'],
  description: 'Sessions that were revoked by the deactivation stay revoked.',
  examples: ['watchword user activate vitor'],
  options: DATABASE,
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const changed = await changeUser(auth, user, { active: true })
      return outputOf(changed, `${shown(changed)} may sign in.`)
    }),
})

export const userDeactivate = command({
  name: 'user deactivate',
  summary: 'Keeps a user from signing in and revokes all of their sessions.',
  args: ['NAME'],
  description:
    'Running servers reject the tokens within a second. The account and its data stay.',
  examples: ['watchword user deactivate vitor'],
  options: DATABASE,
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const changed = await changeUser(auth, user, { active: false })
      return outputOf(
        changed,
        `${shown(changed)} may not sign in. Their sessions are revoked.`,
      )
    }),
})

async function changeUser(
  { users }: UserAdmin,
  { id, username }: User,
  change: Parameters<Admin['users']['change']>[1],
): Promise<User> {
  const changed = await users.change(id, change)
  assertFound(changed, deletedMeanwhile(username))
  return changed
}

const deletedMeanwhile = (username: string): string =>
  `The user ${quoted(username)} was deleted by another process; nothing was changed.`

export const userDelete = command({
  name: 'user delete',
  summary: 'Deletes a user with all of their sessions and API tokens.',
  args: ['NAME'],
  description:
    'Cannot be undone. To lock a user out for a while, use "watchword user deactivate". Asks first; in a script, add --yes.',
  examples: ['watchword user delete vitor', 'watchword user delete vitor --yes'],
  options: { yes: { type: 'boolean', help: 'do not ask' }, ...DATABASE },
  run: ({ values, args: [name = ''], context, open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      if (values.yes !== true) await confirmDelete(user, context)
      assertFound(await auth.users.delete(user.id), deletedMeanwhile(name))
      return outputOf(user, `Deleted ${shown(user)}.`)
    }),
})

async function confirmDelete(user: User, context: CommandContext): Promise<void> {
  if (context.stdin.isTTY !== true)
    throw new UsageError(
      'Deleting a user needs a confirmation, and standard input is not a terminal: add --yes.',
    )
  if (!(await confirms(context, `Delete ${shown(user)} for good?`)))
    throw new CommandError('Nothing was deleted.')
}

const outputOf = (user: User, text: string): CommandOutput => ({
  text,
  json: toJson(user),
})

const shown = ({ username }: User): string => printable(username)

const toJson = (user: User): object => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  email_verified_at: isoOf(user.emailVerifiedAt),
  phone: user.phone ?? null,
  phone_verified_at: isoOf(user.phoneVerifiedAt),
  active: user.active,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: isoOf(user.joinedAt),
  last_login_at: isoOf(user.lastLoginAt),
  attributes: user.attributes,
})
