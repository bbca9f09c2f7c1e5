import * as z from 'zod/mini'
import { configError } from '../../base/errors.ts'
import { functionOf, option } from '../../schema/shapes.ts'
import { emailFault } from '../../users/email.ts'
import { oneLine } from './layout.ts'
import type { Mailer, SmsSender } from './message.ts'
import { type SmtpSettings, smtpMailer } from './smtp.ts'
import { en } from './templates/en.ts'
import type { SmsTemplates, Templates } from './templates/template.ts'

/** The option `mail`. */
export interface MailOptions {
  /**
   * `"smtp://user:password@mail.example.com?from=auth@example.com"` (STARTTLS, port 587), `"smtps://…"` (TLS, port 465), or a
   * function.
   */
  readonly transport: string | Mailer
  /**
   * The name of the application, for the sender and the texts.
   *
   * @default the part of `from` behind the "@"
   */
  readonly name?: string
  /** Texts in place of the ones that are shipped, by name. */
  readonly templates?: Partial<Templates>
}

/** The option `mail`, parsed. */
export interface MailSettings {
  readonly send: Mailer
  /** Closes its connections. */
  close(): void
  /** The name of the application. */
  readonly app: string
  readonly templates: Partial<Templates>
}

const FORM =
  'must be an address such as "smtp://user:password@mail.example.com?from=auth@example.com", or a function that sends a mail'

const TEMPLATE_NAMES = Object.keys(en) as (keyof Templates)[]

const transport = z.union([z.string(), functionOf<Mailer>()], FORM)

const mail = z.union(
  [
    transport,
    z.strictObject({
      transport,
      name: z.exactOptional(z.string().check(z.minLength(1))),
      templates: z.exactOptional(
        z.partialRecord(z.enum(TEMPLATE_NAMES), functionOf<never>()),
      ),
    } satisfies Record<keyof MailOptions, z.ZodMiniType>),
  ],
  FORM,
)

export const mailOptions = option<string | Mailer | MailOptions>()(
  z.pipe(
    z.optional(mail),
    z.transform((value) => (value === undefined ? undefined : mailSettings(value))),
  ),
)

/** The option `sms`. */
export interface SmsOptions {
  /** Sends a text message. */
  readonly send: SmsSender
  /**
   * The name of the application, for the texts.
   *
   * @default that of the option `mail`
   */
  readonly name?: string
  /** Texts in place of the ones that are shipped, by name. */
  readonly templates?: Partial<SmsTemplates>
}

/** The option `sms`, parsed. */
export interface SmsSettings {
  readonly send: SmsSender
  /** `undefined`: that of the option `mail`. */
  readonly app: string | undefined
  readonly templates: Partial<SmsTemplates>
}

const SMS_FORM =
  'must be a function that sends a text message, or { send, name, templates }'

const SMS_NAMES = ['verifyPhone', 'signInSms'] as const satisfies (keyof SmsTemplates)[]

const sms = z.union(
  [
    functionOf<SmsSender>(SMS_FORM),
    z.strictObject({
      send: functionOf<SmsSender>(),
      name: z.exactOptional(z.string().check(z.minLength(1))),
      templates: z.exactOptional(z.partialRecord(z.enum(SMS_NAMES), functionOf<never>())),
    } satisfies Record<keyof SmsOptions, z.ZodMiniType>),
  ],
  SMS_FORM,
)

export const smsOptions = option<SmsSender | SmsOptions>()(
  z.pipe(
    z.optional(sms),
    z.transform((value) => (value === undefined ? undefined : smsSettings(value))),
  ),
)

function smsSettings(value: SmsSender | SmsOptions): SmsSettings {
  const options = typeof value === 'function' ? { send: value } : value
  const { send, name, templates = {} } = options
  return { send, app: name === undefined ? undefined : oneLine(name), templates }
}

function mailSettings(option: string | Mailer | MailOptions): MailSettings {
  const options = typeof option === 'object' ? option : { transport: option }
  const { transport, templates = {} } = options
  if (typeof transport === 'function')
    return {
      send: transport,
      close() {},
      app: oneLine(options.name ?? 'watchword'),
      templates,
    }
  const { url, from } = smtpSettings(transport)
  const app = oneLine(options.name ?? from.name)
  return { ...smtpMailer({ url, from: { ...from, name: app } }), app, templates }
}

/** @throws AuthError `invalid_config`. The message does not repeat the address, which contains a password */
function smtpSettings(text: string): SmtpSettings {
  const url = URL.parse(text)
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw configError(`mail (WATCHWORD_MAIL) ${FORM}.`)
  for (const name of url.searchParams.keys())
    if (name !== 'from' && name !== 'name')
      throw configError(
        'mail (WATCHWORD_MAIL) may have only "from" and "name" behind the "?": remove the others.',
      )
  const address = url.searchParams.get('from') ?? ''
  if (emailFault(address) !== undefined)
    throw configError(
      'mail (WATCHWORD_MAIL) has no valid sender: end it with "?from=" and an email address.',
    )
  const name = url.searchParams.get('name') ?? address.slice(address.indexOf('@') + 1)
  return { url, from: { name: oneLine(name), address } }
}
