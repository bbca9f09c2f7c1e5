import { AuthError } from '../base/errors.ts'
import type { Core } from '../features/core.ts'
import type { Account } from '../users/user.ts'
import type { Users } from '../users/users.ts'

/** Signs in, and returns the headers of a request. @param user a user, or a username */
export type SignInAs = (
  user: string | { readonly id: string },
) => Promise<Readonly<Record<string, string>>>

export interface SignInAsSettings {
  readonly headerName: string
  readonly headerTypes: readonly string[]
}

export function signingInAs(
  { headerName, headerTypes: [type = 'Bearer'] }: SignInAsSettings,
  open: () => Promise<{ readonly core: Core }>,
): SignInAs {
  return async (user) => {
    const { core } = await open()
    const account = await accountOf(user, core.users)
    const { access } = await core.completeSignIn(account, AS_PROGRAM)
    return { [headerName]: `${type} ${access}` }
  }
}

const AS_PROGRAM = { methods: ['mfa'], request: undefined } as const

async function accountOf(
  user: string | { readonly id: string },
  users: Users,
): Promise<Account> {
  const [field, value] =
    typeof user === 'string' ? (['username', user] as const) : (['id', user.id] as const)
  const account = await users.find(field, value)
  if (account !== undefined) return account
  throw new AuthError(
    'user_not_found',
    `as(): there is no user with the ${field} ${JSON.stringify(value)}. Create one first: auth.users.create({ username }).`,
  )
}
