import { ApiError, publicApi } from './api.ts'
import { type Field, form, link, paragraph, show } from './elements.ts'

const EMAIL: Field = {
  name: 'email',
  label: 'Email address',
  type: 'email',
  autocomplete: 'username',
}
const PASSWORD: Field = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
}
export const NEW_PASSWORD: Field = {
  name: 'new_password',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 8 characters, and none that many people use.',
}
export const CODE: Field = {
  name: 'code',
  label: 'Code',
  autocomplete: 'one-time-code',
  hint: 'Six digits from your authenticator.',
}

const toAccount = (): void => location.assign('/')

export function signIn(): void {
  show(
    'Sign in',
    form([EMAIL, PASSWORD], 'Sign in', async (values) => {
      try {
        await publicApi('/api/token/', values)
        toAccount()
      } catch (error) {
        const ticket = ticketOf(error)
        if (ticket === undefined) throw error
        secondFactor(ticket)
      }
    }),
    paragraph(link('/forgot/', 'Forgot your password?')),
    paragraph('No account yet? ', link('/sign-up/', 'Sign up')),
  )
}

/** What the second step of a sign-in needs; `undefined` if the error does not ask for one. */
function ticketOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError) || error.body.code !== 'mfa_required') return undefined
  return String(error.body.ticket)
}

function secondFactor(ticket: string): void {
  const field = { ...CODE, hint: 'From your authenticator, or a recovery code.' }
  show(
    'Second factor',
    form([field], 'Continue', async ({ code }) => {
      await publicApi('/auth/second-factor/', { ticket, code })
      toAccount()
    }),
    paragraph(link('/sign-in/', 'Start again')),
  )
}

export function signUp(): void {
  const password = { ...NEW_PASSWORD, name: 'password', label: 'Password' }
  show(
    'Sign up',
    form([EMAIL, password], 'Sign up', async (values) => {
      await publicApi('/auth/users/', values)
      show('Check your mail', paragraph(`We sent a link to ${values.email}.`))
    }),
    paragraph('Have an account? ', link('/sign-in/', 'Sign in')),
  )
}

/** Mail programs open links, too: only the button confirms. */
export function activate(token: string): void {
  show(
    'Confirm your address',
    form([], 'Confirm', async () => {
      await publicApi('/auth/users/confirm/', { token })
      show('Address confirmed', paragraph(link('/sign-in/', 'Sign in')))
    }),
  )
}

export function forgotPassword(): void {
  show(
    'Forgot your password?',
    form([EMAIL], 'Send a link', async (values) => {
      await publicApi('/auth/password/reset/', values)
      show(
        'Check your mail',
        paragraph(`If ${values.email} has an account, a link is on its way.`),
      )
    }),
    paragraph(link('/sign-in/', 'Back')),
  )
}

export async function resetPassword(token: string): Promise<void> {
  try {
    await publicApi('/auth/password/reset/check/', { token })
  } catch (error) {
    show(
      'This link does not work',
      paragraph(error instanceof Error ? error.message : ''),
      paragraph(link('/forgot/', 'Send another link')),
    )
    return
  }
  show(
    'Choose a new password',
    form([NEW_PASSWORD], 'Set password', async (values) => {
      await publicApi('/auth/password/reset/confirm/', { token, ...values })
      show('Password set', paragraph(link('/sign-in/', 'Sign in')))
    }),
  )
}
