import type { Secret } from '../base/secret.ts'
import { commandFor, DATABASE } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { namesIn } from '../command/values.ts'
import type { Admin } from '../instance/admin.ts'
import { newPassword } from './ask.ts'
import { fieldsOf } from './fields-option.ts'
import { attributesIn, SET } from './set-option.ts'
import { ADDRESSES, addressesIn, PASSWORD, PASSWORD_STDIN } from './user-options.ts'
import { outputOf, shown } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

export const userCreate = command({
  name: 'user create',
  summary: 'Creates a user.',
  args: ['NAME'],
  description: PASSWORD,
  examples: [
    'watchword user create vitor',
    'watchword user create ada --email ada@example.com --superuser --staff',
    'printf %s "$PASSWORD" | watchword user create ci',
    'watchword user create eve --fields "team:string,born:date?" --set team=blue',
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
    ...SET,
    ...PASSWORD_STDIN,
    ...DATABASE,
  },
  async run({ values, args: [username = ''], context, open }) {
    const attributes = attributesIn(values, context)
    const password = await firstPassword(values, context)
    const input = {
      username,
      ...(values.id !== undefined && { id: values.id }),
      ...(password !== undefined && { password: password.reveal() }),
      ...addressesIn(values),
      active: values.inactive !== true,
      staff: values.staff === true,
      superuser: values.superuser === true,
      roles: namesIn(values.roles),
      ...(attributes !== undefined && { attributes }),
    }
    return open(
      values.database,
      async ({ users }) => {
        const user = await users.create(input)
        return outputOf(user, `Created ${shown(user)}.`)
      },
      { create: true, options: fieldsOf(values, context) },
    )
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
