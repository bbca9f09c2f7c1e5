import type { User } from '../users/user.ts'
import { type CommandOutput, command, DATABASE, found, parseCount } from './command.ts'
import { CommandError, UsageError } from './errors.ts'
import { databaseOf, openWithoutKeys, userNamed, withInstance } from './open-instance.ts'
import { confirms, newPassword } from './passwords.ts'
import { isoOf, momentOf, printable, tableOf, yesNo } from './table.ts'

const STDIN = {
  'password-stdin': {
    type: 'boolean',
    says: 'read the password from standard input, also at a terminal',
  },
} as const

const PASSWORD = `The password is asked for twice, unseen. Where standard input is no terminal, it is read from there. It is never an
option: others on the machine can see those.`

export const userCreate = command({
  name: 'user create',
  does: 'Makes a user.',
  args: ['NAME'],
  about: PASSWORD,
  examples: [
    'watchword user create vitor',
    'watchword user create ada --email ada@example.com --superuser --staff',
    'printf %s "$PASSWORD" | watchword user create ci',
    'watchword user create robot --no-password --roles editor,viewer',
  ],
  options: {
    email: { type: 'string', value: 'EMAIL', says: 'the email address' },
    staff: { type: 'boolean', says: 'is staff' },
    superuser: { type: 'boolean', says: 'may do everything' },
    roles: {
      type: 'string',
      value: 'ROLES',
      says: 'names of roles, with commas between them',
    },
    inactive: { type: 'boolean', says: 'may not sign in until activated' },
    'no-password': {
      type: 'boolean',
      says: 'has no password and cannot sign in with one',
    },
    ...STDIN,
    ...DATABASE,
  },
  async run({ values, args: [username = ''], deps }) {
    if (values['no-password'] && values['password-stdin']) {
      throw new UsageError('--no-password and --password-stdin exclude each other.')
    }
    const password = values['no-password']
      ? undefined
      : await newPassword(deps, values['password-stdin'])
    const auth = await openWithoutKeys(databaseOf(values.database, deps))
    try {
      const user = await auth.events.by('command', () =>
        auth.users.create({
          username,
          ...(password === undefined ? {} : { password: password.reveal() }),
          ...(values.email === undefined ? {} : { email: values.email }),
          active: values.inactive !== true,
          staff: values.staff === true,
          superuser: values.superuser === true,
          roles: rolesIn(values.roles),
        }),
      )
      return told(`Made ${shown(user)}.`, user)
    } finally {
      await auth.close()
    }
  },
})

export const userList = command({
  name: 'user list',
  does: 'Lists users by name.',
  args: [],
  about: 'A hundred at a time; where there are more, the last line tells how to go on.',
  examples: [
    'watchword user list',
    'watchword user list --after vitor --limit 20',
    'watchword user list --json',
  ],
  options: {
    after: { type: 'string', value: 'NAME', says: 'begin after this name' },
    limit: { type: 'string', value: 'COUNT', says: 'how many, 1 to 1000; else 100' },
    ...DATABASE,
  },
  async run({ values, deps }) {
    const limit = parseCount(values.limit ?? '100', '--limit', [1, 1000])
    const page = {
      limit: limit + 1,
      ...(values.after === undefined ? {} : { after: values.after }),
    }
    const all = await withInstance(values.database, deps, (auth) => auth.users.list(page))
    const users = all.slice(0, limit)
    const more =
      all.length > limit
        ? `\n\nThere are more: --after ${JSON.stringify(users.at(-1)?.username)}`
        : ''
    return {
      text: users.length === 0 ? 'There are no users.' : userTable(users) + more,
      json: users.map(toJson),
    }
  },
})

const userTable = (users: readonly User[]): string =>
  tableOf(
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

export const userPasswd = command({
  name: 'user passwd',
  does: "Changes a user's password and ends every sign-in of that user.",
  args: ['NAME'],
  about: PASSWORD,
  examples: [
    'watchword user passwd vitor',
    'printf %s "$PASSWORD" | watchword user passwd vitor',
  ],
  options: { ...STDIN, ...DATABASE },
  run: ({ values, args: [name = ''], deps }) =>
    withInstance(values.database, deps, async (auth) => {
      const user = await userNamed(name, auth)
      const password = await newPassword(deps, values['password-stdin'])
      await auth.users.setPassword(user.id, password.reveal())
      return told(`${shown(user)} has a new password. Every sign-in has ended.`, user)
    }),
})

export const userRoles = command({
  name: 'user roles',
  does: 'Gives a user the roles that are named, and no others; shows them where none is.',
  args: ['NAME', '[ROLES]'],
  about:
    'Commas between several; "" takes all away. What a role may do is said in the options of the program.',
  examples: ['watchword user roles vitor', 'watchword user roles vitor editor,viewer'],
  options: DATABASE,
  run: ({ values, args: [name = '', roles], deps }) =>
    withInstance(values.database, deps, async (auth) => {
      const { id, ...known } = await userNamed(name, auth)
      const user =
        roles === undefined
          ? { id, ...known }
          : await auth.users.change(id, { roles: rolesIn(roles) })
      found(user, `There is no user ${JSON.stringify(name)} any more.`)
      const has =
        user.roles.length === 0 ? 'no roles' : user.roles.map(printable).join(', ')
      return told(`${shown(user)} has ${has}.`, user)
    }),
})

const rolesIn = (list = ''): readonly string[] =>
  [...new Set(list.split(',').map((role) => role.trim()))].filter(Boolean)

export const userActivate = command({
  name: 'user activate',
  does: 'Lets a user sign in again.',
  args: ['NAME'],
  about: 'The sign-ins that ended with the deactivation stay ended.',
  examples: ['watchword user activate vitor'],
  options: DATABASE,
  run: ({ values, args: [name = ''], deps }) =>
    setActive(name, true, values.database, deps),
})

export const userDeactivate = command({
  name: 'user deactivate',
  does: 'Keeps a user from signing in and ends every sign-in of that user.',
  args: ['NAME'],
  about:
    'The running server refuses the tokens within a second. The account and its data stay.',
  examples: ['watchword user deactivate vitor'],
  options: DATABASE,
  run: ({ values, args: [name = ''], deps }) =>
    setActive(name, false, values.database, deps),
})

const setActive = (
  name: string,
  active: boolean,
  ...[database, deps]: HousePlace
): Promise<CommandOutput> =>
  withInstance(database, deps, async (auth) => {
    const { id } = await userNamed(name, auth)
    const user = await auth.users.change(id, { active })
    found(user, `There is no user ${JSON.stringify(name)} any more.`)
    return told(
      active
        ? `${shown(user)} may sign in.`
        : `${shown(user)} may not sign in. Every sign-in has ended.`,
      user,
    )
  })

type HousePlace = [
  database: Parameters<typeof withInstance>[0],
  world: Parameters<typeof withInstance>[1],
]

export const userDelete = command({
  name: 'user delete',
  does: 'Deletes a user and ends every sign-in of that user.',
  args: ['NAME'],
  about:
    'There is no way back. To shut somebody out for a while, deactivate. Asks first; a program says --yes.',
  examples: ['watchword user delete vitor', 'watchword user delete vitor --yes'],
  options: { yes: { type: 'boolean', says: 'do not ask' }, ...DATABASE },
  run: ({ values, args: [name = ''], deps }) =>
    withInstance(values.database, deps, async (auth) => {
      const user = await userNamed(name, auth)
      if (values.yes !== true) {
        if (deps.stdin.isTTY !== true)
          throw new UsageError('To delete a user without being asked, add --yes.')
        if (!(await confirms(deps, `Delete ${shown(user)} for good?`)))
          throw new CommandError('Nothing was deleted.')
      }
      found(
        await auth.users.delete(user.id),
        `There is no user ${JSON.stringify(name)} any more.`,
      )
      return told(`Deleted ${shown(user)}.`, user)
    }),
})

const told = (text: string, user: User): CommandOutput => ({ text, json: toJson(user) })

const shown = ({ username }: User): string => printable(username)

const toJson = (user: User): object => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  active: user.active,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: isoOf(user.joinedAt),
  last_login_at: isoOf(user.lastLoginAt),
  attributes: user.attributes,
})
