import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import { requestEmailChange } from '../../features/accounts/change-email.ts'
import { deleteAccount } from '../../features/accounts/delete-account.ts'
import { changeOwnUser } from '../../features/accounts/me.ts'
import { ownAccount } from '../../features/accounts/own-account.ts'
import { accountSettings, settableFields } from '../../features/accounts/settings.ts'
import {
  attributesIn,
  signUp,
  signUpBody,
  signUpFields,
} from '../../features/accounts/sign-up.ts'
import { fieldSchemas } from '../../features/accounts/user-json.ts'
import type { Core, EndpointSettings, OpenCore } from '../../features/core.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { empty, json } from '../../http/answer.ts'
import { answer, type Description, NO_CONTENT } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Fields } from '../../http/fields.ts'
import { type JsonSchema, listOf, members, text } from '../../http/json-schema.ts'
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
import { createdSchema, createdUser, shownSchema, shownUser } from './shown-user.ts'

type Handler = MethodHandler<string, Principal>

/** `users/`: lists users, and signs one up. */
export const users = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/users/',
    create(endpoints, open) {
      requireAccounts(endpoints)
      return routed('User List', {
        GET: listing(settings, endpoints, open),
        POST: signingUp(settings, endpoints, open),
      })
    },
    errorFor: errorsWith(settings),
  })

/** Users that one answer lists at most. `?after=` a username goes on. */
const PAGE = 500

const listing = (
  settings: DjoserSettings,
  endpoints: EndpointSettings,
  open: OpenCore,
): Handler => ({
  requirement: permissionFor('userList', settings),
  describe: () => ({
    operationId: 'djoserListUsers',
    summary: 'List users: all for staff, otherwise only yourself',
    query: { after: text('The username after which the list goes on.') },
    answers: {
      200: answer('500 users at most.', listOf(shownSchema(settings, endpoints))),
    },
  }),
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
  endpoints: EndpointSettings,
  open: OpenCore,
): Handler => ({
  requirement: permissionFor('userCreate', settings),
  describe: () => ({
    operationId: 'djoserCreateUser',
    summary: 'Sign up',
    body: signUpBody(endpoints, {
      ...(isRetyped(settings, 'signUp') && { re_password: PASSWORD }),
    }),
    answers: { 201: answer('The new user.', createdSchema(settings, endpoints)) },
    errors: ['invalid_code'],
  }),
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
  one('/users/me/', { name: 'User Me', what: 'Me' }, settings)

/** `users/{id}/` */
export const detail = (settings: DjoserSettings): PresetEndpoint =>
  one('/users/:id/', { name: 'User Instance', what: 'User' }, settings)

interface Which {
  readonly name: string
  /** In the ids of its operations. */
  readonly what: 'Me' | 'User'
}

const one = (
  path: `/${string}`,
  { name, what }: Which,
  settings: DjoserSettings,
): PresetEndpoint => {
  const shows = (verb: string, endpoints: EndpointSettings): Description => ({
    operationId: `djoser${verb}${what}`,
    summary: `${verb} ${WHOSE[what]}`,
    answers: { 200: answer('The user.', shownSchema(settings, endpoints)) },
    errors: ['not_found'],
  })
  const changes = (verb: string, endpoints: EndpointSettings): Description => ({
    ...shows(verb, endpoints),
    description: 'A new address is in force once the mail that is sent there is opened.',
    body: changeBody(endpoints),
  })
  const deletes = (): Description => ({
    operationId: `djoserDelete${what}`,
    summary: `Delete ${WHOSE[what]}`,
    answers: NO_CONTENT,
    errors: ['not_found'],
  })
  return definePresetEndpoint({
    path,
    create: (endpoints, open) =>
      routed(name, {
        GET: { ...showing(settings, open), describe: () => shows('Show', endpoints) },
        PUT: {
          ...changing(settings, open),
          describe: () => changes('Replace', endpoints),
        },
        PATCH: {
          ...changing(settings, open),
          describe: () => changes('Change', endpoints),
        },
        DELETE: { ...deleting(settings, open), describe: deletes },
      }),
    errorFor: errorsWith(settings),
  })
}

const WHOSE = { Me: 'your user', User: 'a user' } as const

const changeBody = (endpoints: EndpointSettings): JsonSchema =>
  members({
    email: text(),
    ...fieldSchemas(endpoints.userFields, true),
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
