import { fieldSchemas } from '../../features/accounts/user-json.ts'
import type { Core } from '../../features/core.ts'
import { closed, type JsonSchema, text } from '../../http/json-schema.ts'
import type { User } from '../../users/user.ts'
import type { DjoserSettings } from './options.ts'

/** A user as Djoser's serializer shows one. */
export function shownUser(
  user: User,
  { idField, user: own }: DjoserSettings,
  { userFields, loginField }: Pick<Core, 'userFields' | 'loginField'>,
): object {
  if (own !== undefined) return own(user)
  return {
    email: user.email ?? '',
    ...(idField === 'id' && { id: idOf(user.id) }),
    ...(loginField === 'username' && { username: user.username }),
    ...ownFields(user, userFields),
  }
}

/** The same in answer to a sign-up. */
export function createdUser(
  user: Pick<User, 'id' | 'email' | 'username' | 'attributes'>,
  { idField }: DjoserSettings,
  { userFields, loginField }: Pick<Core, 'userFields' | 'loginField'>,
): object {
  return {
    email: user.email ?? '',
    ...(loginField === 'username' && { username: user.username }),
    ...(idField === 'id' && { id: idOf(user.id) }),
    ...ownFields(user, userFields),
  }
}

type Shown = Pick<Core, 'userFields' | 'loginField'>

/** What `shownUser` returns. */
export function shownSchema(settings: DjoserSettings, shown: Shown): JsonSchema {
  if (settings.user === undefined) return createdSchema(settings, shown)
  return { type: 'object' }
}

/** What `createdUser` returns. */
export const createdSchema = (
  { idField }: DjoserSettings,
  { userFields, loginField }: Shown,
): JsonSchema =>
  closed({
    email: text(),
    ...(idField === 'id' && { id: { type: ['string', 'integer'] } }),
    ...(loginField === 'username' && { username: text() }),
    ...fieldSchemas(userFields, true),
  })

const ownFields = (
  { attributes }: Pick<User, 'attributes'>,
  userFields: Core['userFields'],
): object =>
  Object.fromEntries(
    Object.keys(userFields).map((name) => [name, attributes[name] ?? null]),
  )

/** Django's ids are numbers: those of imported users are shown as such. */
export const idOf = (id: string): string | number =>
  /^(0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id
