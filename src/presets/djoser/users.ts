import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import { requestEmailChange } from '../../features/accounts/change-email.ts'
import { deleteAccount } from '../../features/accounts/delete-account.ts'
import { changeOwnUser } from '../../features/accounts/me.ts'
import { ownAccount } from '../../features/accounts/own-account.ts'
import { accountSettings, settableFields } from '../../features/accounts/settings.ts'
import { attributesIn, signUp, signUpFields } from '../../features/accounts/sign-up.ts'
import type { Core, OpenCore } from '../../features/core.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { empty, json } from '../../http/answer.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Fields } from '../../http/fields.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { emailKey, emailOf } from '../../users/email.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import { parseUserFields } from '../../users/fields.ts'
import type { StoredUser } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import {
  accountAt,
  ownerPermissionFor,
  permissionFor,
  requireMayWrite,
} from './access.ts'
import { errorsWith, requireAccounts, requireSame, routed, TEXT } from './form.ts'
import { type DjoserSettings, isRetyped } from './options.ts'
import { createdUser, shownUser } from './shown-user.ts'

type Handler = MethodHandler<string, Principal>

/** `users/`: lists users, and signs one up. */
export const users = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/users/',
    create(endpoints, open) {
      requireAccounts(endpoints)
      return routed('User List', {
        GET: listing(settings, open),
        POST: signingUp(settings, endpoints, open),
      })
    },
    errorFor: errorsWith(settings),
  })

/** Users that one answer lists at most. `?after=` a username goes on. */
const PAGE = 500

const listing = (settings: DjoserSettings, open: OpenCore): Handler => ({
  requirement: permissionFor('userList', settings),
  async handle(_, request, { principal }) {
    const core = await open()
    const found = await listed(principal, request, settings, core)
    return found.map((user) => shownUser(user, settings, core))
  },
})

async function listed(
  { user }: Partial<Principal>,
  { url }: AuthRequest,
  { hideUsers }: DjoserSettings,
  core: Core,
): Promise<readonly StoredUser[]> {
  if (user?.staff === true || !hideUsers) {
    const after = URL.parse(url, 'http://localhost')?.searchParams.get('after')
    return core.users.list({ limit: PAGE, ...(after && { after }) })
  }
  if (user === undefined) return []
  return [(await ownAccount(user.id, core)).user]
}

const signingUp = (
  settings: DjoserSettings,
  endpoints: Parameters<typeof signUpFields>[1],
  open: OpenCore,
): Handler => ({
  requirement: permissionFor('userCreate', settings),
  fields(body) {
    const { email, username, ...others } = signUpFields(body, endpoints)
    // Django's forms send an address that is missing as an empty one.
    const isMissing = email?.optional === true && body.values.get('email') === ''
    return {
      ...(email !== undefined && !isMissing && { email }),
      ...(username !== undefined && { username }),
      ...others,
      ...(isRetyped(settings, 'signUp') && { re_password: PASSWORD }),
    } as Fields<string>
  },
  async handle({ re_password: repeated, ...fields }, request, { body }) {
    requireSame(fields.password, repeated, 'passwordMismatch')
    const core = await open()
    if (accountSettings(core).signUp === 'off')
      throw new AuthError('permission_denied', 'accounts: { signUp: "off" }')
    const attributes = attributesIn(body, core)
    const user = await signUp({ ...fields, attributes }, request, core)
    // As if there were a new user, if another has the address: that one gets a mail.
    const id = user?.id ?? hexId(core.random)
    const shown = user ?? {
      id,
      username: fields.username ?? id,
      email: emailOf(fields.email ?? ''),
      attributes,
    }
    return json(createdUser(shown, settings, core), { status: 201 })
  },
})

/** `users/me/` */
export const me = (settings: DjoserSettings): PresetEndpoint =>
  one('/users/me/', 'User Me', settings)

/** `users/{id}/` */
export const detail = (settings: DjoserSettings): PresetEndpoint =>
  one('/users/:id/', 'User Instance', settings)

const one = (
  path: `/${string}`,
  name: string,
  settings: DjoserSettings,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    create: (_, open) =>
      routed(name, {
        GET: showing(settings, open),
        PUT: changing(settings, open),
        PATCH: changing(settings, open),
        DELETE: deleting(settings, open),
      }),
    errorFor: errorsWith(settings),
  })

const showing = (settings: DjoserSettings, open: OpenCore): Handler => {
  const permission = permissionFor('user', settings)
  return {
    requirement: permission,
    async handle(_, _request, { parameters, principal }) {
      const core = await open()
      const { user } = await accountAt(
        parameters.id,
        permission,
        principal,
        settings,
        core,
      )
      return shownUser(user, settings, core)
    },
  }
}

/** The answer shows the address that is still in force: the new one is, once the link that was mailed there is opened. */
const changing = (settings: DjoserSettings, open: OpenCore): Handler => ({
  requirement: ownerPermissionFor('user', settings),
  fields: ({ values }) =>
    (values.has('email') && values.get('email') !== '' ? { email: TEXT } : {}) as Fields,
  async handle({ email }, request, { parameters, principal, body }) {
    const core = await open()
    const permission = permissionFor('user', settings)
    const account = await accountAt(parameters.id, permission, principal, settings, core)
    requireMayWrite(principal, account)
    const { user } = account
    const changed = await withFields(user, body, core)
    if (email !== undefined && !isOwn(email, user)) {
      const isSelf = user.id === principal.user.id
      const sessionId = isSelf ? principal.sessionId : undefined
      await requestEmailChange(changed, email, { request, sessionId }, core)
    }
    return shownUser(changed, settings, core)
  },
})

const isOwn = (email: string, user: StoredUser): boolean =>
  user.email !== undefined && emailKey(emailOf(email)) === emailKey(user.email)

/** The fields of the option `user` in a body. */
async function withFields(
  user: StoredUser,
  body: ParsedBody | undefined,
  core: Core,
): Promise<StoredUser> {
  const { values, faults } = parseUserFields(body?.values ?? new Map(), core.userFields, {
    names: settableFields(core),
    isNew: false,
  })
  rejectFieldErrors(faults)
  if (Object.keys(values).length === 0) return user
  return changeOwnUser(user, { fields: values }, core)
}

const deleting = (settings: DjoserSettings, open: OpenCore): Handler => ({
  requirement: ownerPermissionFor('userDelete', settings),
  fields: { current_password: PASSWORD },
  async handle(fields, _, { parameters, principal }) {
    const core = await open()
    const permission = permissionFor('userDelete', settings)
    const account = await accountAt(parameters.id, permission, principal, settings, core)
    requireMayWrite(principal, account)
    await deleteAccount(core, {
      userId: principal.user.id,
      currentPassword: fields.current_password ?? '',
      deletedId: account.user.id,
    })
    return empty()
  },
})
