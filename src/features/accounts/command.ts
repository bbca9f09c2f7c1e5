import { commandFor, DATABASE } from '../../command/command.ts'
import type { CommandContext } from '../../command/context.ts'
import { CommandError } from '../../command/errors.ts'
import { printable } from '../../command/format.ts'
import { namesIn } from '../../command/values.ts'
import type { AccountUserAdmin } from './admin.ts'

/** What the command uses of an instance. */
export interface Inviter {
  readonly users: Pick<AccountUserAdmin, 'invite'>
}

export const userInvite = commandFor<Inviter>()({
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
  run: ({ values, args: [email = ''], context, open }) =>
    open(
      values.database,
      async ({ users }) => {
        const roles = namesIn(values.roles)
        await users.invite({ email, roles })
        return { text: `Invited ${printable(email)}.`, json: { email, roles } }
      },
      { options: { mail: mailOf(context), accounts: true } },
    ),
})

/** @throws CommandError if it is not known how mails are sent */
function mailOf({ env: { WATCHWORD_MAIL: mail } }: CommandContext): string {
  if (mail) return mail
  throw new CommandError(
    'This sends a mail: set WATCHWORD_MAIL, such as "smtp://user:password@mail.example.com?from=auth@example.com", and WATCHWORD_URL and WATCHWORD_SECRET as for the server.',
  )
}
