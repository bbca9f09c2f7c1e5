import * as z from 'zod/mini'
import { configError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { functionOf, whenGiven } from '../../schema/shapes.ts'
import { emailFault } from '../../users/email.ts'
import { oneLine } from './layout.ts'
import type { Mailer, SmsSender } from './message.ts'
import { type SmtpSettings, smtpMailer } from './smtp.ts'
import { en } from './templates/en.ts'
import type { SmsTemplates, Templates } from './templates/template.ts'
import { smsWebhook, webhookKeyOf, webhookUrlOf } from './webhook.ts'

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

function mail() {
  const transport = z.union([z.string(), functionOf<Mailer>()], FORM)
  const members = {
    transport,
    name: z.exactOptional(z.string().check(z.minLength(1))),
    templates: z.exactOptional(
      z.partialRecord(z.enum(TEMPLATE_NAMES), functionOf<never>()),
    ),
  } satisfies Record<keyof MailOptions, z.ZodMiniType>
  return z.union([transport, z.strictObject(members)], FORM)
}

export const mailOptions = whenGiven<string | Mailer | MailOptions>()(() =>
  z.pipe(
    mail(),
    z.transform((value) => mailSettings(value)),
  ),
)

/** The option `sms`. */
export interface SmsOptions {
  /**
   * A function that sends a text message, or the address of a webhook, `"https://sms.example.com/send"`: messages are posted there as
   * JSON, signed as Standard Webhooks describes.
   */
  readonly send: SmsSender | string
  /** What signs the requests to the webhook: `"whsec_"` and 24 to 64 random bytes in base64. Required for one. */
  readonly secret?: string
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
  'must be a function that sends a text message, or { send, secret, name, templates }'

const SMS_NAMES = ['verifyPhone', 'signInSms'] as const satisfies (keyof SmsTemplates)[]

function sms() {
  const members = {
    send: z.union([z.string(), functionOf<SmsSender>()], SMS_FORM),
    secret: z.exactOptional(z.string()),
    name: z.exactOptional(z.string().check(z.minLength(1))),
    templates: z.exactOptional(z.partialRecord(z.enum(SMS_NAMES), functionOf<never>())),
  } satisfies Record<keyof SmsOptions, z.ZodMiniType>
  return z.union([functionOf<SmsSender>(SMS_FORM), z.strictObject(members)], SMS_FORM)
}

export const smsOptions = whenGiven<SmsSender | SmsOptions>()(() =>
  z.pipe(
    sms(),
    z.transform((value) => smsSettings(value)),
  ),
)

function smsSettings(value: SmsSender | SmsOptions): SmsSettings {
  const options = typeof value === 'function' ? { send: value } : value
  const { name, templates = {} } = options
  return {
    send: smsSenderOf(options),
    app: ifDefined(name, oneLine),
    templates,
  }
}

/** @throws AuthError `invalid_config`. The message repeats neither the address nor the secret */
function smsSenderOf({ send, secret = '' }: SmsOptions): SmsSender {
  if (typeof send === 'function') return send
  const url = webhookUrlOf(send)
  if (url === undefined)
    throw configError(
      'sms.send (--sms, WATCHWORD_SMS) must be a function, or an https address without a user name, such as "https://sms.example.com/send". http is for this machine alone.',
    )
  const key = webhookKeyOf(secret)
  if (key !== undefined) return smsWebhook({ url, key })
  throw configError(
    'sms.secret (WATCHWORD_SMS_SECRET) signs the requests to the webhook, and must be "whsec_" and 24 to 64 random bytes in base64: make one with echo "whsec_$(openssl rand -base64 32)".',
  )
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
