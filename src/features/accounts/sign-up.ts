import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import { json } from '../../http/answer.ts'
import { answer, type Description, schemaOfFields } from '../../http/description.ts'
import type { Fields } from '../../http/fields.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import { collectFields, type ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import { createUser } from '../../users/create.ts'
import { emailKey, emailOf } from '../../users/email.ts'
import {
  EMAIL_TAKEN,
  fieldError,
  NAME_TAKEN,
  rejectFieldErrors,
} from '../../users/field-errors.ts'
import { parseUserFields } from '../../users/fields.ts'
import { usernameKey, usernameOf } from '../../users/names.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import type { Core, EndpointSettings } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { PASSWORD } from '../tokens/credentials.ts'
import { ADDRESS, CODE } from './confirm.ts'
import { acceptInvitation, checkInvitation } from './invite.ts'
import { languageOfRequest, mailCode } from './mail-code.ts'
import { clearMark, isNameTaken, setMark } from './marks.ts'
import { accountOptions } from './options.ts'
import {
  accountSettings,
  hasMail,
  requiresActivation,
  settableFields,
} from './settings.ts'
import { fieldSchemas, userJson, userSchema } from './user-json.ts'

/** What a new user sends. */
export interface SignUp {
  /** Default: random, for applications whose users sign in with their address. */
  readonly username?: string | undefined
  readonly email?: string | undefined
  readonly password?: string | undefined
  /** The token of an invitation, which brings its own address. */
  readonly invitation?: string | undefined
  /** Values of the option `user`, checked. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

/**
 * Creates a user and mails a link or a code that confirms the address. If another user has the address, that user gets a mail instead,
 * and the work is the same: with the option `mail`, neither the time nor an error shows whether the address is taken.
 *
 * @returns the user; `undefined` if the address is taken
 * @throws AuthError `invalid`, whose body names the invalid fields, a taken username among them; `invalid_code` if the invitation is;
 *   `throttled`; `busy`
 */
export async function signUp(
  { invitation, ...given }: SignUp,
  request: AuthRequest | undefined,
  core: Core,
): Promise<StoredUser | undefined> {
  const input = { ...given, username: given.username ?? hexId(core.random) }
  const { username, email } = input
  const target = emailKey(emailOf(email ?? username))
  const takeBack = await limitCodeRequests({ purpose: 'verify_email', target }, core)
  try {
    await refuseTakenName(username, core)
    if (invitation !== undefined) return await acceptedUser(input, invitation, core)
    return await mailedUser(input, request, core)
  } catch (error) {
    // Corrected input must not run into the limit.
    if (isInvalidInput(error)) await takeBack()
    throw error
  }
}

/** @returns `undefined` if another user has the address */
async function mailedUser(
  input: NamedSignUp,
  request: AuthRequest | undefined,
  core: Core,
): Promise<StoredUser | undefined> {
  const { email } = input
  const user = await createdUser(input, core)
  if (user !== undefined) await createdFor(user, core)
  if (email === undefined || !hasMail(core)) return user
  if (user === undefined) await mailHolder(input, email, request, core)
  else await mailNewUser(user, request, core)
  return user
}

type NamedSignUp = Omit<SignUp, 'invitation'> & { readonly username: string }

async function createdFor(user: StoredUser, core: Core): Promise<void> {
  recordUser(user, core)
  // The user has the name now. Without a user, a mark is set: the work is the same.
  await clearMark('hold_username', usernameKey(user.username), core)
}

const recordUser = (user: StoredUser, { audit }: Core, detail = {}): void =>
  void audit.record({
    kind: 'user_created',
    userId: user.id,
    detail: { by: 'sign-up', ...detail },
  })

/** Before the password is hashed, and whether or not the address is taken. */
async function refuseTakenName(name: string, core: Core): Promise<void> {
  const stored = usernameOf(name)
  if (stored === undefined) return
  if (await isNameTaken(usernameKey(stored), core))
    throw fieldError({ username: [NAME_TAKEN] })
}

/** @returns `undefined` if another user has the address */
async function createdUser(
  input: NamedSignUp,
  core: Core,
): Promise<StoredUser | undefined> {
  const marked: UserId[] = []
  try {
    return await createUser(input, {
      ...core,
      // Before the insert: otherwise the user could sign in before the mark is set.
      async beforeInsert({ id }) {
        await setMark('unconfirmed', id, core)
        marked.push(id)
      },
    })
  } catch (error) {
    // After any other error the user may exist.
    if (error instanceof AuthError && error.code === 'invalid')
      for (const id of marked) await clearMark('unconfirmed', id, core)
    if (isTakenAddress(error) && hasMail(core)) return undefined
    throw error
  }
}

/** Whether the client must correct fields, other than an address that is taken. */
const isInvalidInput = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'invalid' && !isTakenAddress(error)

const isTakenAddress = (error: unknown): boolean =>
  error instanceof AuthError &&
  String((error.body as { readonly email?: unknown } | undefined)?.email) === EMAIL_TAKEN

/** The invitation is spent once nothing else can be wrong: a name that is taken does not cost it. */
async function acceptedUser(
  input: NamedSignUp,
  token: string,
  core: Core,
): Promise<StoredUser> {
  const { email, roles } = await checkInvitation(token, core)
  const invited = { ...input, email, emailVerified: true, roles: roles ?? [] }
  const user = await acceptInvitation(token, core, (joint) =>
    createUser(invited, { ...core, joint }),
  )
  recordUser(user, core, { invited: true })
  return user
}

const mailNewUser = (
  user: StoredUser,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> =>
  mailCode(
    {
      purpose: 'verify_email',
      template: 'confirmSignUp',
      link: 'activate',
      to: user.email,
      target: emailKey(user.email ?? ''),
      user,
      payload: { email: user.email ?? null },
      lifetime: accountSettings(core).lifetimes.activate,
      language: languageOfRequest(request),
    },
    core,
  )

/** To the address as it is stored, not as it was sent (rule O7). */
async function mailHolder(
  { username }: NamedSignUp,
  email: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const target = emailKey(emailOf(email))
  const holder = await core.users.findByKey('email', target)
  // The name counts as taken, as if the user had been created: otherwise a second sign-up with it would show that the first address was
  // taken.
  await setMark('hold_username', usernameKey(usernameOf(username) ?? ''), core)
  const user = holder?.active === true ? holder : undefined
  await mailCode(
    {
      purpose: 'reset_password',
      template: 'accountExists',
      link: 'resetPassword',
      to: user?.email,
      // Its own: a sign-up does not void the link of a reset that the user has asked for.
      target: `sign-up ${target}`,
      user,
      payload: { email: user?.email ?? email },
      sendsDigits: false,
      lifetime: accountSettings(core).lifetimes.resetPassword,
      language: languageOfRequest(request),
    },
    core,
  )
}

function signUpAnswers(settings: EndpointSettings): Description['answers'] {
  const created = answer('The new user.', userSchema(settings))
  if (!hasMail(settings)) return { 201: created }
  const text = 'Accepted. A mail says how to go on, also if the address is taken.'
  return { 202: answer(text), 201: created }
}

/** `POST /auth/users/` */
export const signUpEndpoint = defineEndpoint({
  path: { at: '/auth/users/' },
  mount: (section) => {
    const settings = section(accountOptions)
    return settings !== undefined && settings.signUp !== 'off'
  },
  create: (settings, open) =>
    post('Sign Up', {
      fields: (body) => signUpFields(body, settings),
      describe: () => ({
        operationId: 'signUp',
        summary: 'Create an account',
        body: signUpBody(settings),
        answers: signUpAnswers(settings),
        errors: ['invalid_code'],
      }),
      async handle(fields, request, { body }) {
        const core = await open()
        const attributes = attributesIn(body, core)
        const user = await signUp({ ...fields, attributes }, request, core)
        const isHidden = hasMail(core) && !('invitation' in fields)
        if (isHidden || user === undefined) return json({}, { status: 202 })
        return json(userJson(user, core), { status: 201 })
      },
    }),
})

const bodyWith = (...names: readonly string[]): ParsedBody =>
  collectFields(new Map(names.map((name) => [name, ''])))

/** The fields of `signUpFields`, with those of the option `user`. */
export function signUpBody(settings: EndpointSettings, more: Fields = {}): JsonSchema {
  const { signUp } = accountSettings(settings)
  const invited = signUpFields(bodyWith('invitation'), settings)
  const fields = signUpFields(bodyWith(), settings)
  const bodies = [
    ...listIf(signUp !== 'invitation', schemaOfFields({ ...fields, ...more })),
    ...listIf(hasMail(settings), schemaOfFields({ ...invited, ...more })),
  ].map((each) => withUserFields(each, settings))
  const [only, ...others] = bodies
  if (others.length === 0) return only ?? {}
  return { anyOf: bodies }
}

function withUserFields(body: JsonSchema, settings: EndpointSettings): JsonSchema {
  const names = settableFields(settings)
  const own = Object.entries(settings.userFields).filter(([name]) => names.includes(name))
  const needed = own.filter(([, type]) => !type.endsWith('?')).map(([name]) => name)
  const { properties, required = [] } = body as Readonly<Record<string, never[]>>
  const all = [...required, ...needed]
  return {
    ...body,
    ...(all.length > 0 && { required: all }),
    properties: { ...properties, ...fieldSchemas(Object.fromEntries(own), false) },
  }
}

/** The values of the option `user` in a body. @throws AuthError `invalid` */
export function attributesIn(body: ParsedBody | undefined, core: Core) {
  const { values, faults } = parseUserFields(body?.values ?? new Map(), core.userFields, {
    names: settableFields(core),
    isNew: true,
  })
  rejectFieldErrors(faults)
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

/** A username is required to sign in with one, and an address if it must be confirmed. */
export function signUpFields(
  { values }: ParsedBody,
  { loginField, section }: Pick<EndpointSettings, 'loginField' | 'section'>,
): Fields<string> {
  const { signUp, password } = accountSettings({ section })
  const isInvited = signUp === 'invitation' || values.has('invitation')
  const needsEmail =
    loginField === 'email' || password === 'none' || requiresActivation({ section })
  return {
    username: { ...ADDRESS, optional: loginField === 'email' },
    ...(isInvited && { invitation: CODE }),
    ...(!isInvited && { email: { ...ADDRESS, optional: !needsEmail } }),
    ...(password === 'required' && { password: PASSWORD }),
  }
}
