import { configError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import type { Core, SectionReader } from '../core.ts'
import { mailOptions, smsOptions } from '../mail/options.ts'
import { pageSettings } from '../pages/options.ts'
import type { NameField } from './account-name.ts'
import {
  type AccountSettings,
  accountDefaults,
  accountOptions,
  LINK_PATHS,
  type LinkName,
} from './options.ts'

/** Whether the option `accounts` is on: for `mount`. */
export const hasAccounts = (section: SectionReader): boolean =>
  section(accountOptions) !== undefined

export const hasAccountsAndMail = (section: SectionReader): boolean =>
  hasAccounts(section) && hasMail({ section })

export const hasAccountsAndSms = (section: SectionReader): boolean =>
  hasAccounts(section) && section(smsOptions) !== undefined

export const hasInvitations = (section: SectionReader): boolean =>
  hasAccountsAndMail(section) && section(accountOptions)?.signUp !== 'off'

/** The option `accounts`; its defaults, if a preset uses accounts without it. */
export const accountSettings = ({ section }: Pick<Core, 'section'>): AccountSettings =>
  section(accountOptions) ?? accountDefaults()

/** Whether users have passwords: for `mount`. */
export const hasPasswords = (section: SectionReader): boolean =>
  section(accountOptions)?.password === 'required'

/** Whether a forgotten password can be replaced: for `mount`. */
export const mailsPasswords = (section: SectionReader): boolean =>
  hasPasswords(section) && hasMail({ section })

/** Whether users can sign in with a code that is sent to them: for `mount`. */
export function sendsSignInCodes(section: SectionReader): boolean {
  const settings = section(accountOptions)
  return settings?.signInCodes ?? settings?.password === 'none'
}

/** The fields by which users can request a code to sign in. */
export const signInNames = (section: SectionReader): readonly NameField[] => [
  ...listIf(hasMail({ section }), 'email' as const, 'username' as const),
  ...listIf(section(smsOptions) !== undefined, 'phone' as const),
]

export const hasMail = ({ section }: Pick<Core, 'section'>): boolean =>
  section(mailOptions) !== undefined

/** Whether an address must be confirmed before the first sign-in. */
export const requiresActivation = (core: Pick<Core, 'section'>): boolean =>
  accountSettings(core).requireActivation ?? hasMail(core)

/**
 * The address of a page of the front end, for a mail. Never built from a request's headers (rule O10).
 *
 * @param userId for `{uid}`, which is its base64url as in Django
 * @throws AuthError `invalid_config`: `requireLinks` finds it at the start
 */
export function linkTo(
  name: LinkName,
  token: string,
  core: LinkDeps,
  userId = '',
): string {
  const template = templateOf(name, core)
  if (template === undefined) throw missingLink(name)
  return template
    .replaceAll('{token}', encodeURIComponent(token))
    .replaceAll('{uid}', Buffer.from(userId).toString('base64url'))
}

type LinkDeps = Pick<Core, 'section' | 'url'>

function templateOf(name: LinkName, { url, ...core }: LinkDeps): string | undefined {
  const own = accountSettings(core).links[name]
  if (own !== undefined) return own
  if (url === undefined) return undefined
  return `${url}${linkPath(name, core)}?token={token}`
}

/** With the option `pages` they stand below its path. */
const linkPath = (name: LinkName, { section }: Pick<Core, 'section'>): string =>
  LINK_PATHS[name].replace('/account', pageSettings(section).path)

/** Stops the start if a page has no address. @throws AuthError `invalid_config` */
export function requireLinks(names: readonly LinkName[], core: LinkDeps): void {
  for (const name of names)
    if (templateOf(name, core) === undefined) throw missingLink(name)
}

const missingLink = (name: LinkName) =>
  configError(
    `accounts needs the address of the page "${name}", which its mails link to: set url: "https://app.example.com" (WATCHWORD_URL), or accounts: { links: { ${name}: "https://app.example.com/…?token={token}" } }.`,
  )

/** Stops the start without the option `mail`. @param why what is mailed: `accounts: { requireActivation: true }` */
export function requireMail(why: string, core: Pick<Core, 'section'>): void {
  if (hasMail(core)) return
  throw configError(
    `${why} sends mails: set mail: "smtp://user:password@mail.example.com?from=auth@example.com" (WATCHWORD_MAIL).`,
  )
}

/** The fields of the option `user` that users set themselves. */
export const settableFields = (
  core: Pick<Core, 'section' | 'userFields'>,
): readonly string[] => accountSettings(core).fields ?? Object.keys(core.userFields)

/** Stops the start if `accounts.fields` names a field that is none. @throws AuthError `invalid_config` */
export function requireFields({
  userFields,
  ...core
}: Pick<Core, 'section' | 'userFields'>): void {
  const { fields = [] } = accountSettings(core)
  const unknown = fields.find((name) => !Object.hasOwn(userFields, name))
  if (unknown === undefined) return
  throw configError(
    `accounts.fields names "${unknown}", which the option user does not have: add it there, such as user: { ${unknown}: "string?" }.`,
  )
}
