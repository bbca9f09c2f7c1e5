import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import { empty, json } from '../../http/answer.ts'
import type { Field, Fields } from '../../http/fields.ts'
import type { AuthRequest } from '../../http/request.ts'
import { createUser } from '../../users/create.ts'
import { emailKey, emailOf } from '../../users/email.ts'
import { EMAIL_TAKEN, fieldError, NAME_TAKEN } from '../../users/field-errors.ts'
import { usernameKey, usernameOf } from '../../users/names.ts'
import type { StoredUser } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { PASSWORD } from '../tokens/credentials.ts'
import { languageOfRequest, mailCode } from './mail-code.ts'
import { accountOptions } from './options.ts'
import { accountSettings, hasMail } from './settings.ts'

/** What a new user sends. */
export interface SignUp {
  /** Default: random, for applications whose users sign in with their address. */
  readonly username?: string | undefined
  readonly email?: string | undefined
  readonly password?: string | undefined
}

/**
 * Creates a user and mails what confirms the address. If another user has the address, that user gets a mail instead, and the work
 * is the same: with the option `mail`, nothing that this returns or throws shows whether the address is taken.
 *
 * @returns the user; `undefined` if the address is taken
 * @throws AuthError `invalid`, whose body names the invalid fields, a taken username among them; `throttled`; `busy`
 */
export async function signUp(
  input: SignUp,
  request: AuthRequest | undefined,
  core: Core,
): Promise<StoredUser | undefined> {
  const { username = hexId(core.random), email, password } = input
  const target = emailKey(emailOf(email ?? username))
  await limitCodeRequests({ purpose: 'verify_email', target }, core)
  await refuseTakenName(username, core)
  const user = await createdUser({ username, email, password }, core)
  if (user !== undefined)
    void core.audit.record({ kind: 'user_created', userId: user.id })
  if (email !== undefined && hasMail(core)) await mailNewUser(user, email, request, core)
  return user
}

/** Before the password is hashed, and whether or not the address is taken. */
async function refuseTakenName(name: string, { users }: Core): Promise<void> {
  const stored = usernameOf(name)
  if (stored === undefined) return
  if ((await users.findByKey('username', usernameKey(stored))) !== undefined)
    throw fieldError({ username: [NAME_TAKEN] })
}

/** @returns `undefined` if another user has the address */
async function createdUser(
  input: SignUp & { readonly username: string },
  core: Core,
): Promise<StoredUser | undefined> {
  try {
    return await createUser(input, core)
  } catch (error) {
    if (isTakenAddress(error) && hasMail(core)) return undefined
    throw error
  }
}

const isTakenAddress = (error: unknown): boolean =>
  error instanceof AuthError &&
  (error.body as { readonly email?: unknown } | undefined)?.email?.toString() ===
    EMAIL_TAKEN

async function mailNewUser(
  user: StoredUser | undefined,
  email: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const { lifetimes } = accountSettings(core)
  const target = emailKey(emailOf(email))
  const language = languageOfRequest(request)
  const common = { target, language }
  if (user !== undefined) {
    await mailCode(
      {
        ...common,
        purpose: 'verify_email',
        template: 'confirmSignUp',
        link: 'activate',
        to: user.email,
        user,
        lifetime: lifetimes.activate,
      },
      core,
    )
    return
  }
  const holder = await core.users.findByKey('email', target)
  await mailCode(
    {
      ...common,
      purpose: 'reset_password',
      template: 'accountExists',
      link: 'resetPassword',
      to: holder?.active === true ? holder.email : undefined,
      user: holder,
      lifetime: lifetimes.resetPassword,
    },
    core,
  )
}

const TEXT: Field = { trim: true, maxBytes: 1024 }

/** `POST /auth/users/` */
export const signUpEndpoint = defineEndpoint({
  path: { at: '/auth/users/' },
  mount: (section) => {
    const settings = section(accountOptions)
    return settings !== undefined && settings.signUp !== 'off'
  },
  create({ loginField, section }, open) {
    const fields = signUpFields(loginField, section(accountOptions)?.password !== 'none')
    return post('Sign Up', {
      fields,
      async handle(input, request) {
        const core = await open()
        const user = await signUp(input as SignUp, request, core)
        if (hasMail(core)) return json({}, { status: 202 })
        if (user === undefined) return empty()
        return json({ id: user.id, username: user.username }, { status: 201 })
      },
    })
  },
})

const signUpFields = (
  loginField: 'username' | 'email',
  hasPassword: boolean,
): Fields<keyof SignUp & string> =>
  ({
    username: { ...TEXT, optional: loginField === 'email' },
    email: { ...TEXT, optional: loginField === 'username' },
    ...(hasPassword && { password: PASSWORD }),
  }) as Fields<keyof SignUp & string>
