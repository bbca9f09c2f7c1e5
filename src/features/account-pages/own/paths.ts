import type { OwnPage } from './own-page.ts'

/** The pages of a user who is signed in. `:id` is a session, an API token, a passkey, an authenticator app or a remembered device of the user. */
const PATHS = {
  account: '/',
  profile: '/profile/',
  password: '/password/',
  email: '/email/',
  emailVerify: '/email/verify/',
  emailCode: '/email/code/',
  phone: '/phone/',
  phoneCode: '/phone/code/',
  newPasskey: '/passkeys/new/',
  passkey: '/passkeys/:id/',
  removePasskey: '/passkeys/:id/remove/',
  newTotp: '/authenticators/new/',
  confirmTotp: '/authenticators/confirm/',
  totp: '/authenticators/:id/',
  recoveryCodes: '/recovery-codes/',
  devices: '/devices/',
  device: '/devices/:id/',
  sessions: '/sessions/',
  session: '/sessions/:id/',
  tokens: '/tokens/',
  newToken: '/tokens/new/',
  token: '/tokens/:id/',
  exportData: '/export/',
  deleteAccount: '/delete/',
  deleted: '/deleted/',
  again: '/again/',
  againPasskey: '/again/passkey/',
  againCode: '/again/code/',
  signOut: '/sign-out/',
  signIn: '/sign-in/',
  forgotPassword: '/forgot-password/',
} as const

export type PathName = keyof typeof PATHS

type At = Pick<OwnPage, 'accountPath'>

/** The path of a page. @param id of what it is about */
export const to = ({ accountPath }: At, name: PathName, id = ''): string =>
  accountPath(PATHS[name].replace(':id', encodeURIComponent(id)))

/** The section of the account that a page belongs to. */
export const sectionHref = (page: At, name: string): string =>
  `${to(page, 'account')}#${name}`

/** The path of a page below the option `pages.path`, with `:id`. */
export const pathBelow = (name: PathName): string => PATHS[name]
