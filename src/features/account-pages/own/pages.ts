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
import { hasSecondFactors, remembersDevices } from '../../second-factors/options.ts'
import { type PathName, pathBelow } from './paths.ts'

type At = (below: string) => string

/** The pages of a user who is signed in: each with its option. @param at the path of a page below that of the option `pages` */
export const ownPages = (section: SectionReader, at: At): readonly FeaturePage[] =>
  GROUPS.filter(([isOn]) => isOn(section)).flatMap(([, group]) =>
    group.map(([name, load]) =>
      defineUserPage({ name: `pages.${name}`, path: at(pathBelow(name)), load }),
    ),
  )

type Row = readonly [name: PathName, load: () => Promise<PageHandlers<UserVisit>>]

const alwaysPages: readonly Row[] = [
  ['account', async () => (await import('./account.ts')).account],
  ['again', async () => (await import('./again.ts')).again],
  ['againCode', async () => (await import('./again.ts')).againCode],
]

const accountPages: readonly Row[] = [
  ['profile', async () => (await import('./account.ts')).profile],
  ['sessions', async () => (await import('./sessions.ts')).sessions],
  ['session', async () => (await import('./sessions.ts')).session],
  ['tokens', async () => (await import('./tokens.ts')).tokens],
  ['newToken', async () => (await import('./tokens.ts')).newToken],
  ['token', async () => (await import('./tokens.ts')).token],
  ['exportData', async () => (await import('./own-data.ts')).exportData],
  ['deleteAccount', async () => (await import('./own-data.ts')).deleteAccount],
]

const mailPages: readonly Row[] = [
  ['email', async () => (await import('./contact.ts')).email],
  ['emailCode', async () => (await import('./contact.ts')).emailCode],
  ['emailVerify', async () => (await import('./contact.ts')).emailVerify],
]

const smsPages: readonly Row[] = [
  ['phone', async () => (await import('./contact.ts')).phone],
  ['phoneCode', async () => (await import('./contact.ts')).phoneCode],
]

const passkeyPages: readonly Row[] = [
  ['newPasskey', async () => (await import('./passkeys.ts')).newPasskey],
  ['passkey', async () => (await import('./passkeys.ts')).passkey],
  ['removePasskey', async () => (await import('./passkeys.ts')).removePasskey],
  ['againPasskey', async () => (await import('./again.ts')).againPasskey],
]

const factorPages: readonly Row[] = [
  ['newTotp', async () => (await import('./factors.ts')).newTotp],
  ['confirmTotp', async () => (await import('./factors.ts')).confirmTotp],
  ['totp', async () => (await import('./factors.ts')).totp],
  ['recoveryCodes', async () => (await import('./factors.ts')).recoveryCodes],
]

const devicePages: readonly Row[] = [
  ['devices', async () => (await import('./devices.ts')).devices],
  ['device', async () => (await import('./devices.ts')).device],
]

const passwordPages: readonly Row[] = [
  ['password', async () => (await import('./account.ts')).password],
]

/** The pages, each with the option that it needs. */
const GROUPS: readonly (readonly [
  isOn: (section: SectionReader) => boolean,
  group: readonly Row[],
])[] = [
  [() => true, alwaysPages],
  [hasAccounts, accountPages],
  [hasPasswords, passwordPages],
  [hasAccountsAndMail, mailPages],
  [hasAccountsAndSms, smsPages],
  [hasPasskeys, passkeyPages],
  [hasSecondFactors, factorPages],
  [remembersDevices, devicePages],
]
