import { AuthError } from '../../base/errors.ts'
import { plainLoginError } from '../../features/api-tokens/obtain.ts'
import type { Core } from '../../features/core.ts'
import { post } from '../../features/define-feature.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { schemaOfFields } from '../../http/description.ts'
import type { Field, Fields } from '../../http/fields.ts'
import { emailFault } from '../../users/email.ts'
import { fieldError } from '../../users/field-errors.ts'
import { readByLogin } from '../../users/find-by-login.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import type { PresetParts } from './answer.ts'
import { browserOf } from './browser.ts'
import { setsCookies } from './cookies.ts'
import type { DjRestAuthSettings } from './options.ts'
import { signIn, signInAnswers } from './sign-in.ts'

const NAME: Field = { trim: true, optional: true, allowBlank: true, maxBytes: 1024 }

/** An empty name is no name. */
const FIELDS: Fields<keyof Named> = { username: NAME, email: NAME, password: PASSWORD }

interface Named {
  readonly password?: string
  readonly username?: string
  readonly email?: string
}

/** `POST login/` */
export const login = (parts: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/login/',
    span: 'watchword.sign_in',
    create(instance, open) {
      const browser = browserOf(parts.settings, instance)
      return post('Login', {
        fields: FIELDS,
        describe: () => ({
          operationId: 'djRestAuthLogin',
          summary: 'Sign in with a password',
          body: schemaOfFields(FIELDS),
          answers: signInAnswers(parts, browser !== undefined),
          errors: ['no_active_account', 'csrf_failed'],
          signsIn: true,
        }),
        async handle({ password = '', ...named }: Named, request) {
          const core = await open()
          const { settings, cookies } = parts
          const setsSome = setsCookies(settings) || browser !== undefined
          if (setsSome) refuseCrossSite(request, browser ?? cookies(core))
          const name = await loginIn(named, settings, core)
          const account = await core.checkPassword(name, password, request)
          return signIn(account, request, { ...parts, browser }, core)
        },
      })
    },
    errorFor: plainLoginError,
  })

/** @returns the name that `users.loginField` finds; as it was sent, if there is no such account @throws AuthError `invalid` */
async function loginIn(
  { username = '', email = '' }: Named,
  { loginMethods }: DjRestAuthSettings,
  core: Core,
): Promise<string> {
  if (email !== '') rejectAddress(email)
  const byName = loginMethods.includes('username') ? username : ''
  const byEmail = loginMethods.includes('email') ? email || addressIn(byName) : ''
  if (byName === '' && byEmail === '') throw missing(loginMethods)
  const [field, value] =
    byEmail === '' ? (['username', byName] as const) : (['email', byEmail] as const)
  // One look-up in any case, also if the name is the field by which passwords are checked.
  const account = await readByLogin(core.users, field, value)
  if (field === core.loginField) return value
  return account?.user[core.loginField] ?? (byName || value)
}

function addressIn(name: string): string {
  if (emailFault(name) !== undefined) return ''
  return name
}

function rejectAddress(email: string): void {
  const fault = emailFault(email)
  if (fault !== undefined) throw fieldError({ email: [fault] })
}

const MISSING = {
  username: 'Must include "username" and "password".',
  email: 'Must include "email" and "password".',
  both: 'Must include either "username" or "email" and "password".',
} as const

function missing(methods: DjRestAuthSettings['loginMethods']): AuthError {
  const [only = 'both'] = methods.length === 1 ? methods : []
  return new AuthError('invalid', undefined, {
    body: { non_field_errors: [MISSING[only]] },
  })
}
