import { commandFor, DATABASE } from '../command/command.ts'
import { shellWord } from '../command/context.ts'
import { userNamed } from '../command/user-named.ts'
import type { Admin } from '../instance/admin.ts'
import { newPassword } from './ask.ts'
import { databaseOf } from './database.ts'
import { nextCommand } from './next-command.ts'
import { PASSWORD, PASSWORD_STDIN } from './user-options.ts'
import { outputOf, shown } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

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
  options: { ...PASSWORD_STDIN, ...DATABASE },
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
