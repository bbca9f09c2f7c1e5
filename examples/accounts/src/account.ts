import { api } from './api.ts'
import { button, element, form, paragraph, section, show } from './elements.ts'
import { CODE, NEW_PASSWORD } from './signing-in.ts'

const CURRENT_PASSWORD = {
  name: 'current_password',
  label: 'Current password',
  type: 'password',
  autocomplete: 'current-password',
} as const

/** The page of the user who is signed in. */
export async function account(): Promise<void> {
  const { email } = await api<{ readonly email: string }>('GET', '/auth/me/')
  show(
    'Your account',
    element('p', { class: 'split' }, email, button('Sign out', signOut)),
    passwordSection(),
    await sessionSection(),
    await factorSection(),
  )
}

async function signOut(): Promise<void> {
  await api('POST', '/api/token/blacklist/')
  location.assign('/sign-in/')
}

const status = (text: string): HTMLElement => element('p', { role: 'status' }, text)

function passwordSection(): HTMLElement {
  const made = section(
    'Password',
    form([CURRENT_PASSWORD, NEW_PASSWORD], 'Change password', async (values) => {
      await api('POST', '/auth/me/password/', values)
      made.replaceWith(passwordSection())
      const ended = status('Your password was changed. All other sessions have ended.')
      document.querySelector('h1')?.after(ended)
      await replace('#sessions', sessionSection())
    }),
  )
  return made
}

async function replace(selector: string, made: Promise<HTMLElement>): Promise<void> {
  document.querySelector(selector)?.replaceWith(await made)
}

interface Session {
  readonly id: string
  readonly current: boolean
  readonly created_at: number
  readonly last_used_at: number | null
  readonly address: string | null
  readonly user_agent: string | null
}

async function sessionSection(): Promise<HTMLElement> {
  const sessions = await api<readonly Session[]>('GET', '/auth/sessions/')
  const made = section(
    'Sessions',
    element('ul', {}, ...sessions.map(sessionItem)),
    ...(sessions.length > 1 ? [endOthers()] : []),
  )
  made.id = 'sessions'
  return made
}

const endOthers = (): HTMLElement =>
  button('End all others', async () => {
    await api('DELETE', '/auth/sessions/')
    await replace('#sessions', sessionSection())
  })

function sessionItem({ id, current, ...session }: Session): HTMLElement {
  const used = new Date((session.last_used_at ?? session.created_at) * 1000)
  const end = (): Promise<void> =>
    api('DELETE', `/auth/sessions/${id}/`).then(() =>
      replace('#sessions', sessionSection()),
    )
  return element(
    'li',
    { class: 'split' },
    element(
      'div',
      {},
      element('strong', {}, current ? 'This browser' : (session.address ?? 'Unknown')),
      element('small', {}, session.user_agent ?? 'Unknown program'),
      element('small', {}, `Last used ${used.toLocaleString()}`),
    ),
    ...(current ? [] : [button('End', end)]),
  )
}

interface Factor {
  readonly id: string
  readonly kind: string
  readonly label: string
}

async function factorSection(): Promise<HTMLElement> {
  const factors = await api<readonly Factor[]>('GET', '/auth/factors/')
  const label = { name: 'label', label: 'Name of the authenticator' }
  const made = section(
    'Authenticators',
    factors.length === 0
      ? paragraph('None. Add one, and a password alone no longer signs in.')
      : element('ul', {}, ...factors.map(({ label }) => element('li', {}, label))),
    form([CURRENT_PASSWORD, label], 'Add an authenticator', async (values) => {
      const begun = await api<NewTotp>('POST', '/auth/totp/', values)
      made.replaceWith(confirmSection(begun))
    }),
  )
  return made
}

interface NewTotp {
  readonly id: string
  readonly secret: string
  readonly uri: string
}

/** An authenticator works once a code of it was seen. */
function confirmSection({ id, secret, uri }: NewTotp): HTMLElement {
  const made = section(
    'Authenticators',
    paragraph(
      'Open the ',
      element('a', { href: uri }, 'link for your app'),
      ', or type this key: ',
      element('code', { id: 'secret' }, secret),
    ),
    form([CODE], 'Confirm', async ({ code }) => {
      const { recovery_codes } = await api<{ readonly recovery_codes: string[] }>(
        'POST',
        '/auth/totp/confirm/',
        { id, code },
      )
      const listed = await factorSection()
      listed.querySelector('h2')?.after(...recoveryCodes(recovery_codes))
      made.replaceWith(listed)
    }),
  )
  return made
}

function recoveryCodes(codes: readonly string[]): readonly HTMLElement[] {
  if (codes.length === 0) return []
  return [
    status('The authenticator works. Keep these recovery codes; they are shown once:'),
    element(
      'ul',
      { id: 'recovery-codes' },
      ...codes.map((code) => element('li', {}, element('code', {}, code))),
    ),
  ]
}
