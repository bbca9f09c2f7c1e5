import { type Seconds, toMilliseconds } from '../../base/clock.ts'
import type { AuthRequest } from '../../http/request.ts'
import { emailOf } from '../../users/email.ts'
import type { StoredUser } from '../../users/user.ts'
import type { CodeForm, CodePayload, CodeUser } from '../codes/code.ts'
import { issueCode } from '../codes/issue.ts'
import { type CodePurpose, DIGITS_LIFETIME } from '../codes/purposes.ts'
import type { Core } from '../core.ts'
import { sendMail } from '../mail/send.ts'
import { languageOf } from '../mail/templates/languages.ts'
import type { Language, MailTemplates, TemplateData } from '../mail/templates/template.ts'
import { type AccountName, linkTargetOf, targetOf } from './account-name.ts'
import type { LinkName } from './options.ts'
import { accountSettings, linkTo } from './settings.ts'

export interface MailedCode {
  readonly purpose: CodePurpose
  readonly template: keyof MailTemplates
  /** The page that a link leads to. */
  readonly link: LinkName
  /** As it is stored. `undefined`: nothing is sent, at the same work (rule O8). */
  readonly to: string | undefined
  /** In normal form, such as `emailKey(address)`. A newer code supersedes the former one. */
  readonly target: string
  /** As it was read: another password, address or a deactivation voids the code. */
  readonly user?: CodeUser | undefined
  readonly payload?: CodePayload
  /** What must be presented with the code. */
  readonly binding?: string | undefined
  readonly lifetime: Seconds
  /** Of digits. Default: `lifetime`, 10 minutes at most (O4). */
  readonly digitsLifetime?: Seconds | undefined
  readonly language: Language
  /** Default: the option `accounts.form`. */
  readonly form?: CodeForm
  readonly data?: TemplateData
  /** Whether the mail has the code, if it is digits: those of an own target cannot be typed in. Default: true. */
  readonly sendsDigits?: boolean
}

/** Issues a one-time code and mails it. Call `limitCodeRequests` before. @throws AuthError `store_unavailable` */
export async function mailCode(code: MailedCode, core: Core): Promise<void> {
  const { purpose, template, to, user, payload, language } = code
  const form = code.form ?? accountSettings(core).form
  const lifetime = form === 'link' ? code.lifetime : digitsLifetimeOf(code)
  const { secret } = await issueCode(
    {
      purpose,
      form,
      target: code.target,
      user,
      lifetime,
      binding: code.binding,
      ...(payload !== undefined && { payload }),
    },
    core,
  )
  const data: TemplateData = {
    ...code.data,
    minutes: Math.floor(toMinutes(lifetime)),
    ...(form === 'link' && { link: linkTo(code.link, secret, core, user?.id) }),
    ...(form === 'digits' && code.sendsDigits !== false && { code: secret }),
  }
  await sendMail(core, { template, to, data, language, lifetime })
}

const digitsLifetimeOf = ({
  lifetime,
  digitsLifetime = Math.min(lifetime, DIGITS_LIFETIME) as Seconds,
}: Pick<MailedCode, 'lifetime' | 'digitsLifetime'>): Seconds => digitsLifetime

const toMinutes = (length: Seconds): number => toMilliseconds(length) / 60_000

/** A code for an account that a client without credentials has named. */
export interface NamedCode
  extends Omit<MailedCode, 'to' | 'user' | 'target' | 'payload' | 'data'> {
  /** There is no account, and redeeming the code creates it. */
  readonly signsUp?: boolean
}

/** Mails a code to the user whom a client without credentials has named: the same work without such a user. */
export function mailCodeTo(
  name: AccountName,
  user: StoredUser | undefined,
  { signsUp = false, form: own, ...code }: NamedCode,
  core: Core,
): Promise<void> {
  const form = own ?? accountSettings(core).form
  const email = user?.email ?? emailOf(name.value)
  return mailCode(
    {
      ...code,
      form,
      to: signsUp ? email : user?.email,
      user,
      target: form === 'link' ? linkTargetOf(name, user) : targetOf(name),
      payload: { email, ...(signsUp && { signsUp }) },
    },
    core,
  )
}

/** The language of a mail to a client. */
export const languageOfRequest = (request: AuthRequest | undefined): Language =>
  languageOf(undefined, request?.header('accept-language'))
