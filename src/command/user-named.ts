import { assertFound } from './errors.ts'
import { quoted } from './format.ts'

/** @throws CommandError if there is no user of that name */
export async function userNamed<User>(
  name: string,
  { users }: { readonly users: { find(name: string): Promise<User | undefined> } },
): Promise<User> {
  const user = await users.find(name)
  assertFound(user, `There is no user ${quoted(name)}. The names: watchword user list`)
  return user
}
