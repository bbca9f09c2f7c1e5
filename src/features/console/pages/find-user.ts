import { isStorable } from '../../../base/storable.ts'
import { usernameKey } from '../../../users/names.ts'
import type { UserId } from '../../../users/user.ts'
import type { Core } from '../../core.ts'

/** The user with this name, address or id. */
export async function findUserId(
  text: string,
  { users }: Core,
): Promise<UserId | undefined> {
  if (!isStorable(text)) return undefined
  const found =
    (await users.findByKey('username', usernameKey(text))) ??
    (await users.findByKey('email', text.toLowerCase())) ??
    (await users.read('id', text))?.user
  return found?.id
}

/** Who a filter names, if it names one. */
export interface NamedUser {
  readonly userId: UserId | undefined
}

/** @returns `undefined` if the filter names an unknown user */
export async function userIn(
  query: URLSearchParams,
  core: Core,
  find: typeof findUserId = findUserId,
): Promise<NamedUser | undefined> {
  const text = (query.get('user') ?? '').trim()
  if (text === '') return { userId: undefined }
  const userId = await find(text, core)
  return userId && { userId }
}
