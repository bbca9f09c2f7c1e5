import { AuthError, configError } from '../../base/errors.ts'
import { confirmEmail, resendVerification } from '../../features/accounts/confirm.ts'
import {
  accountSettings,
  hasMail,
  requiresActivation,
} from '../../features/accounts/settings.ts'
import { signUp } from '../../features/accounts/sign-up.ts'
import type { Core, EndpointSettings } from '../../features/core.ts'
import { post } from '../../features/define-feature.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { json } from '../../http/answer.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { type Answers, answer } from '../../http/description.ts'
import type { Field } from '../../http/fields.ts'
import type { AuthRequest } from '../../http/request.ts'
import { emailFault } from '../../users/email.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import { DETAIL_SENT, type PresetParts, userBody, userBodySchema } from './answer.ts'
import { browserOf } from './browser.ts'
import { setsCookies } from './cookies.ts'
import { type PresetSignIn, signIn, signInAnswers } from './sign-in.ts'

const TEXT: Field = { trim: true, maxBytes: 1024 }

/** `POST registration/` */
export const register = (parts: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/registration/',
    span: 'watchword.sign_in',
    create(instance, open) {
      const { settings, cookies } = parts
      const signInParts = { ...parts, browser: browserOf(settings, instance) }
      const { registerPermission } = settings
      if (registerPermission === undefined) requireOpenSignUp(instance)
      return {
        ...(registerPermission && { requirement: registerPermission }),
        ...post('Register', {
          fields: {
            username: TEXT,
            email: { ...TEXT, optional: !requiresActivation(instance) },
            password1: PASSWORD,
            password2: PASSWORD,
          },
          describe: () => ({
            operationId: 'djRestAuthRegister',
            summary: 'Sign up',
            answers: registerAnswers(signInParts, instance),
            errors: ['csrf_failed'],
          }),
          async handle({ username, email, password1, password2 }, request) {
            const core = await open()
            if (setsCookies(settings)) refuseCrossSite(request, cookies(core))
            requireEqual(password1, password2)
            const input = { username, email: email as string | undefined }
            const user = await signUp({ ...input, password: password1 }, request, core)
            return registered(user, input.email, request, signInParts, core)
          },
        }),
      }
    },
    errorFor(error) {
      const faults = error.body as Readonly<Record<string, unknown>> | undefined
      if (error.code !== 'invalid' || faults?.password === undefined) return error
      const { password, ...others } = faults
      return new AuthError('invalid', error.message, {
        body: { ...others, password1: password },
      })
    },
  })

/** @throws AuthError `invalid_config` */
function requireOpenSignUp(instance: EndpointSettings): void {
  const { signUp: mode } = accountSettings(instance)
  if (mode !== 'open')
    throw configError(
      `djRestAuth({ registration }) lets everybody sign up, and accounts.signUp is "${mode}": set registerPermission, registration to false, or signUp to "open".`,
    )
}

/** What `registered` answers. */
function registerAnswers(parts: PresetSignIn, instance: EndpointSettings): Answers {
  const { settings, browser } = parts
  const answers: Answers =
    settings.registerPermission === undefined
      ? signInAnswers(parts, browser !== undefined, 201)
      : { 201: answer('The new user.', userBodySchema(settings)) }
  if (!hasMail(instance)) return answers
  if (requiresActivation(instance)) return { 201: DETAIL }
  // Without an address nothing is mailed.
  const { schema = {} } = answers[201] ?? {}
  const either = { anyOf: [DETAIL.schema, schema] }
  return { ...answers, 201: answer('Signed up, or a mail says how to go on.', either) }
}

function requireEqual(password1: string, password2: string): void {
  if (password1 === password2) return
  throw fieldError({ non_field_errors: ["The two password fields didn't match."] })
}

/** With the option `mail` the answer must not show whether the address is taken, so the user is not signed in. */
async function registered(
  user: StoredUser | undefined,
  email: string | undefined,
  request: AuthRequest,
  parts: PresetSignIn,
  core: Core,
): Promise<object> {
  if (email !== undefined && hasMail(core))
    return json({ detail: DETAIL_SENT }, { status: 201 })
  const account = user && (await core.users.read('id', user.id))
  if (account === undefined) throw new AuthError('store_unavailable')
  if (parts.settings.registerPermission !== undefined)
    return json(userBody(account.user, parts.settings), { status: 201 })
  return signIn(account, request, parts, core, 201)
}

/** `POST registration/verify-email/` */
export const verifyEmail = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/registration/verify-email/',
    create: (_, open) =>
      post('Verify Email', {
        fields: { key: TEXT },
        describe: () => ({
          operationId: 'djRestAuthVerifyEmail',
          summary: 'Confirm an email address',
          answers: { 200: DETAIL },
          errors: ['invalid_code'],
        }),
        async handle({ key }) {
          await confirmEmail({ token: key }, await open())
          return { detail: 'ok' }
        },
      }),
    errorFor(error) {
      if (error.code !== 'invalid_code') return error
      return new AuthError('not_found', error.message)
    },
  })

/** `POST registration/resend-email/` */
export const resendEmail = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/registration/resend-email/',
    create: (_, open) =>
      post('Resend Email Verification', {
        fields: { email: TEXT },
        describe: () => ({
          operationId: 'djRestAuthResendEmail',
          summary: 'Mail the confirmation of an address again',
          answers: { 200: DETAIL },
        }),
        async handle({ email }, request) {
          const fault = emailFault(email)
          if (fault !== undefined) throw fieldError({ email: [fault] })
          await resendVerification(email, request, await open())
          return { detail: 'ok' }
        },
      }),
  })
