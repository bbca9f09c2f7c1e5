import { commandFor, DATABASE } from '../command/command.ts'
import { shellWord } from '../command/context.ts'
import { momentOf, printable, yesNo } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import { parseCount } from '../command/values.ts'
import type { Admin } from '../instance/admin.ts'
import type { User } from '../users/user.ts'
import { userJson } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

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
      json: users.map(userJson),
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
