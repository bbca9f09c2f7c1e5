import {
  hasAccounts,
  hasAccountsAndMail,
  hasAccountsAndSms,
  hasPasswords,
} from '../../accounts/settings.ts'
import type { SectionReader } from '../../core.ts'
import type { FeaturePage } from '../../define-feature.ts'
import { defineUserPage, type PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import { remembersDevices, secondFactorOptions } from '../../second-factors/options.ts'
import { type PathName, pathBelow } from './paths.ts'

type At = (below: string) => string

/** The pages of a user who is signed in: each with its option. @param at the path of a page below that of the option `pages` */
export const ownPages = (section: SectionReader, at: At): readonly FeaturePage[] => [
  ...alwaysPages(at),
  ...(hasAccounts(section) ? accountPages(at) : []),
  ...(hasPasswords(section)
    ? [page(at, 'password', async () => (await import('./account.ts')).password)]
    : []),
  ...(hasAccountsAndMail(section) ? mailPages(at) : []),
  ...(hasAccountsAndSms(section) ? smsPages(at) : []),
  ...(hasPasskeys(section) ? passkeyPages(at) : []),
  ...(section(secondFactorOptions) === undefined ? [] : factorPages(at)),
  ...(remembersDevices(section) ? devicePages(at) : []),
]

const page = (
  at: At,
  name: PathName,
  load: () => Promise<PageHandlers<UserVisit>>,
): FeaturePage =>
  defineUserPage({ name: `pages.${name}`, path: at(pathBelow(name)), load })

const alwaysPages = (at: At): readonly FeaturePage[] => [
  page(at, 'account', async () => (await import('./account.ts')).account),
  page(at, 'again', async () => (await import('./again.ts')).again),
  page(at, 'againCode', async () => (await import('./again.ts')).againCode),
]

const accountPages = (at: At): readonly FeaturePage[] => [
  page(at, 'profile', async () => (await import('./account.ts')).profile),
  page(at, 'sessions', async () => (await import('./sessions.ts')).sessions),
  page(at, 'session', async () => (await import('./sessions.ts')).session),
  page(at, 'tokens', async () => (await import('./tokens.ts')).tokens),
  page(at, 'newToken', async () => (await import('./tokens.ts')).newToken),
  page(at, 'token', async () => (await import('./tokens.ts')).token),
  page(at, 'exportData', async () => (await import('./own-data.ts')).exportData),
  page(at, 'deleteAccount', async () => (await import('./own-data.ts')).deleteAccount),
]

const mailPages = (at: At): readonly FeaturePage[] => [
  page(at, 'email', async () => (await import('./contact.ts')).email),
  page(at, 'emailCode', async () => (await import('./contact.ts')).emailCode),
  page(at, 'emailVerify', async () => (await import('./contact.ts')).emailVerify),
]

const smsPages = (at: At): readonly FeaturePage[] => [
  page(at, 'phone', async () => (await import('./contact.ts')).phone),
  page(at, 'phoneCode', async () => (await import('./contact.ts')).phoneCode),
]

const passkeyPages = (at: At): readonly FeaturePage[] => [
  page(at, 'newPasskey', async () => (await import('./passkeys.ts')).newPasskey),
  page(at, 'passkey', async () => (await import('./passkeys.ts')).passkey),
  page(at, 'removePasskey', async () => (await import('./passkeys.ts')).removePasskey),
  page(at, 'againPasskey', async () => (await import('./again.ts')).againPasskey),
]

const factorPages = (at: At): readonly FeaturePage[] => [
  page(at, 'newTotp', async () => (await import('./factors.ts')).newTotp),
  page(at, 'confirmTotp', async () => (await import('./factors.ts')).confirmTotp),
  page(at, 'totp', async () => (await import('./factors.ts')).totp),
  page(at, 'recoveryCodes', async () => (await import('./factors.ts')).recoveryCodes),
]

const devicePages = (at: At): readonly FeaturePage[] => [
  page(at, 'devices', async () => (await import('./devices.ts')).devices),
  page(at, 'device', async () => (await import('./devices.ts')).device),
]
