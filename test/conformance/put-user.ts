import type { DatabaseSync } from 'node:sqlite'
import type { UserUpdate } from '../../src/users/change.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import type { JsonObject } from './recording.ts'
import { isPermission, rolesOf } from './seeding.ts'
import { Unplayable } from './tracked.ts'

type Auth = Watchword<User>

/** Where the step `user` changes a user. */
export interface Users {
  readonly auth: Auth
  readonly db: DatabaseSync
}

/** The step `user`: changes each member, or throws. */
export async function putUser(
  users: Users,
  name: string,
  set: JsonObject,
): Promise<void> {
  const { id } = await userNamed(users.auth, name)
  for (const [member, value] of Object.entries(set)) {
    const put = Object.hasOwn(PUTS, member) ? PUTS[member] : undefined
    if (put === undefined) throw new Unplayable(`the member ${member} of a user`)
    await put(users, id, value as never)
  }
}

export async function deleteUser({ auth }: Users, name: string): Promise<void> {
  await auth.users.delete((await userNamed(auth, name)).id)
}

type Put = (users: Users, id: string, value: never) => unknown

const changing =
  <Value>(changeOf: (value: Value) => UserUpdate): Put =>
  ({ auth }, id, value) =>
    auth.users.change(id, changeOf(value as Value))

/** How each member of the step `user` is set. */
const PUTS: { readonly [member: string]: Put } = {
  username: changing((username: string) => ({ username })),
  email: changing((email: string) => ({ email: email === '' ? undefined : email })),
  email_verified: changing((emailVerified: boolean) => ({ emailVerified })),
  mobile: changing((phone: string) => ({ phone })),
  mobile_verified: changing((phoneVerified: boolean) => ({ phoneVerified })),
  is_active: changing((active: boolean) => ({ active })),
  is_staff: changing((staff: boolean) => ({ staff })),
  is_superuser: changing((superuser: boolean) => ({ superuser })),
  password: ({ auth }, id, password) => auth.users.setPassword(id, password),
  password_hash: ({ db }, id, hash) =>
    db.prepare('update users set hash = ?, epoch = epoch + 1 where id = ?').run(hash, id),
  groups: async ({ auth }, id, groups: readonly string[]) => {
    const user = await auth.users.find({ id })
    const others = user?.roles.filter(isPermission) ?? []
    const attributes = { ...user?.attributes, groups }
    return auth.users.change(id, { roles: [...groups, ...others], attributes })
  },
  permissions: async ({ auth }, id, permissions: readonly string[]) => {
    const user = await auth.users.find({ id })
    const groups = user?.roles.filter((role) => !isPermission(role)) ?? []
    return auth.users.change(id, { roles: [...groups, ...rolesOf(permissions)] })
  },
}

async function userNamed(auth: Auth, name: string): Promise<User> {
  const user = await auth.users.find(name)
  if (user === undefined) throw new Unplayable(`the user ${name}, who is not in the seed`)
  return user
}
