import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import { empty } from '../../http/answer.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Field } from '../../http/fields.ts'
import { members } from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { Principal } from '../../permissions/permission.ts'
import { changeUser } from '../../users/change.ts'
import {
  type FieldErrors,
  fieldError,
  NAME_TAKEN,
  rejectFieldErrors,
} from '../../users/field-errors.ts'
import { parseUserFields, type UserFields } from '../../users/fields.ts'
import { usernameKey, usernameOf } from '../../users/names.ts'
import type { StoredUser } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import type { Core, EndpointSettings, OpenCore } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS, type FreshInput, requireFresh } from './fresh.ts'
import { isNameTaken } from './marks.ts'
import { hasAllScopes, isOwner, ownAccount } from './own-account.ts'
import { hasAccounts, settableFields } from './settings.ts'
import { fieldSchemas, userJson, userSchema } from './user-json.ts'

const NAME: Field = { trim: true, maxBytes: 1024, optional: true }

/** What users change of themselves without a mail. */
export interface OwnChange {
  readonly username?: string | undefined
  /** Fields of the option `user`; `null` removes one that may be missing. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** How often concurrent changes of the same user are waited for. */
const ATTEMPTS = 5

/**
 * Changes a user's own fields; those that are not named stay, also if another request changes them at the same moment.
 *
 * @throws AuthError `invalid`, whose body names the fields; `throttled` if the name is changed too often; `user_not_found`
 */
export async function changeOwnUser(
  user: StoredUser,
  { username, fields }: OwnChange,
  core: Core,
): Promise<StoredUser> {
  if (username !== undefined && username !== user.username)
    await refuseTakenName(user, username, core)
  let read: StoredUser | undefined = user
  for (let attempt = 0; attempt < ATTEMPTS && read !== undefined; attempt++) {
    const changed = await changeUser(
      read.id,
      {
        ...(username !== undefined && { username }),
        ...(Object.keys(fields).length > 0 && { attributes: merged(read, fields) }),
      },
      core,
      { onlyIf: { attributes: read.attributes } },
    )
    if (changed !== undefined) {
      const detail = {
        fields: [...listIf(username !== undefined, 'username'), ...Object.keys(fields)],
      }
      void core.audit.record({ kind: 'user_changed', userId: read.id, detail })
      return changed
    }
    read = (await core.users.read('id', read.id))?.user
  }
  if (read === undefined) throw new AuthError('user_not_found')
  throw new AuthError('store_unavailable', 'the user is being changed by others')
}

/**
 * A client learns from the answer whether a name is taken, but not whether a sign-up with that name was for a taken address.
 *
 * @throws AuthError `invalid`, `throttled`
 */
async function refuseTakenName(
  user: StoredUser,
  username: string,
  core: Core,
): Promise<void> {
  await limitCodeRequests({ purpose: 'reset_username', target: user.id }, core)
  const stored = usernameOf(username)
  if (stored === undefined) return
  const key = usernameKey(stored)
  // Another spelling of the own name.
  if (key === usernameKey(user.username)) return
  if (await isNameTaken(key, core)) throw fieldError({ username: [NAME_TAKEN] })
}

const merged = (
  { attributes }: StoredUser,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...attributes, ...fields }).filter(([, value]) => value !== null),
  )

/** `GET`, `PATCH`, `DELETE /auth/me/` */
export const meEndpoint = defineEndpoint({
  path: { at: '/auth/me/' },
  mount: hasAccounts,
  create: (settings, open) => ({
    name: 'Own Account',
    requirement: isOwner,
    methods: {
      GET: showing(settings, open),
      PATCH: changing(settings, open),
      DELETE: deleting(open),
    },
  }),
})

const showing = (
  settings: EndpointSettings,
  open: OpenCore,
): MethodHandler<never, unknown> => ({
  requirement: hasAllScopes,
  describe: () => ({
    operationId: 'showOwnUser',
    summary: 'Show your account',
    answers: { 200: answer('The user.', userSchema(settings)) },
  }),
  async handle(_fields, _request, { principal }) {
    const core = await open()
    const { user } = await ownAccount((principal as Principal).user.id, core)
    return userJson(user, core)
  },
})

const changing = (
  settings: EndpointSettings,
  open: OpenCore,
): MethodHandler<'username', unknown> => ({
  fields: { username: NAME },
  describe: () => ({
    operationId: 'changeOwnUser',
    summary: 'Change your account',
    body: members(fieldSchemas(settable(settings), true)),
    answers: { 200: answer('The changed user.', userSchema(settings)) },
  }),
  async handle(fields, _request, { principal, body }) {
    const core = await open()
    const { user } = await ownAccount((principal as Principal).user.id, core)
    const change = parseOwnChange(fields, body, core)
    return userJson(await changeOwnUser(user, change, core), core)
  },
})

const deleting = (open: OpenCore): MethodHandler<'current_password', unknown> => ({
  fields: { current_password: CURRENT_PASSWORD },
  describe: () => ({
    operationId: 'deleteOwnUser',
    summary: 'Delete your account and all of its data',
    answers: NO_CONTENT,
    errors: FRESH_ERRORS,
  }),
  async handle(fields, _request, { principal }) {
    await deleteOwnUser(principal as Principal, fields, await open())
    return empty()
  },
})

const settable = (settings: EndpointSettings): UserFields => {
  const names = settableFields(settings)
  const fields = Object.entries(settings.userFields)
  return Object.fromEntries(fields.filter(([name]) => names.includes(name)))
}

/** The change that a body asks for. @throws AuthError `invalid`, whose body names the fields */
export function parseOwnChange(
  { username }: { readonly username?: string },
  body: ParsedBody | undefined,
  core: Core,
): OwnChange {
  const values = body?.values ?? new Map<string, unknown>()
  const names = settableFields(core)
  const parsed = parseUserFields(values, core.userFields, { names, isNew: false })
  rejectFieldErrors({ ...elsewhere(values), ...parsed.faults })
  return { username, fields: parsed.values }
}

/** Fields that have endpoints of their own, or none. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  email: 'Use POST /auth/me/email/.',
  phone: 'Use POST /auth/me/phone/.',
  password: 'Use POST /auth/me/password/.',
}

const elsewhere = (values: ReadonlyMap<string, unknown>): FieldErrors =>
  Object.fromEntries(
    Object.entries(ELSEWHERE)
      .filter(([name]) => values.has(name))
      .map(([name, message]) => [name, [message]]),
  )

/**
 * Deletes a user with all that belongs to it.
 *
 * @throws AuthError `insufficient_user_authentication`; `invalid` if the password is wrong; `throttled`
 */
export async function deleteOwnUser(
  principal: Principal,
  fields: FreshInput,
  core: Core,
): Promise<void> {
  const { user } = await requireFresh(principal, fields, core)
  await core.userAdmin.delete(user.id)
}
