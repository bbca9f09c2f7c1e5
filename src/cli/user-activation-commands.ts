import { commandFor, DATABASE } from '../command/command.ts'
import { userNamed } from '../command/user-named.ts'
import type { Admin } from '../instance/admin.ts'
import { changeUser, FORCE } from './change-user.ts'
import { outputOf, shown } from './user-output.ts'

const command = commandFor<Pick<Admin, 'users'>>()

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
  options: { ...FORCE, ...DATABASE },
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const force = values.force === true
      const changed = await changeUser(auth, user, { active: false }, { force })
      return outputOf(
        changed,
        `${shown(changed)} may not sign in. Their sessions are revoked.`,
      )
    }),
})
