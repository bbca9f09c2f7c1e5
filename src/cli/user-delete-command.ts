import { commandFor, DATABASE } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { assertFound, CommandError, UsageError } from '../command/errors.ts'
import { userNamed } from '../command/user-named.ts'
import type { Admin } from '../instance/admin.ts'
import type { User } from '../users/user.ts'
import { confirms } from './ask.ts'
import { deletedMeanwhile, FORCE } from './change-user.ts'
import { outputOf, shown } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

export const userDelete = command({
  name: 'user delete',
  summary: 'Deletes a user with all of their sessions and API tokens.',
  args: ['NAME'],
  description:
    'Cannot be undone. To lock a user out for a while, use "watchword user deactivate". Asks first; in a script, add --yes.',
  examples: ['watchword user delete vitor', 'watchword user delete vitor --yes'],
  options: { yes: { type: 'boolean', help: 'do not ask' }, ...FORCE, ...DATABASE },
  run: ({ values, args: [name = ''], context, open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      if (values.yes !== true) await confirmDelete(user, context)
      const force = values.force === true
      assertFound(await auth.users.delete(user.id, { force }), deletedMeanwhile(name))
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
