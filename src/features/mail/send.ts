import type { Seconds } from '../../base/clock.ts'
import { configError } from '../../base/errors.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { Core } from '../core.ts'
import { layOut } from './layout.ts'
import type { Message, StoredMessage } from './message.ts'
import { mailOptions, smsOptions } from './options.ts'
import type { MessageHead, Sender } from './sender.ts'
import { LANGUAGES } from './templates/languages.ts'
import type {
  Language,
  MailTemplates,
  SmsTemplates,
  TemplateData,
} from './templates/template.ts'

interface Letter {
  /** An address as it is stored. `undefined`: nothing is sent, at the same work, so that the time does not show it. */
  readonly to: string | undefined
  readonly data: TemplateData
  readonly language: Language
  /** The lifetime of the link or the code in it, after which it is not sent any more. */
  readonly lifetime: Seconds
}

export interface MailLetter extends Letter {
  readonly template: keyof MailTemplates
}

export interface SmsLetter extends Letter {
  readonly template: keyof SmsTemplates
}

const SENDERS = new WeakMap<Core, Sender>()

export const keepSender = (core: Core, sender: Sender): void =>
  void SENDERS.set(core, sender)

/** Puts a mail into the outbox. @throws AuthError `invalid_config` without the option `mail`; `store_unavailable` */
export async function sendMail(core: Core, letter: MailLetter): Promise<void> {
  await senderOf(core, 'mail').add(mailOf(core, letter), letter.lifetime)
}

/**
 * Puts a mail into the outbox in the transaction of the write that it is about. Call `wakeSender` once that is committed.
 *
 * @throws AuthError `invalid_config` without the option `mail`
 */
export const attachMail = (core: Core, letter: MailLetter): JointWrite =>
  senderOf(core, 'mail').attach(mailOf(core, letter), letter.lifetime)

/** A mail about a write, which is not lost if the process is killed once that is committed. */
export interface MailWithWrite {
  /** Puts the mail into the outbox, in the transaction of the write. */
  readonly joint: JointWrite
  /** Sends it, with what is known by now. @throws AuthError `store_unavailable`: it is sent a minute later then, as it was prepared */
  send(data: TemplateData): Promise<void>
}

/** @throws AuthError `invalid_config` without the option `mail` */
export function prepareMail(core: Core, letter: MailLetter): MailWithWrite {
  const sender = senderOf(core, 'mail')
  const { joint, send } = sender.prepare(mailOf(core, letter), letter.lifetime)
  return { joint, send: (data) => send(mailOf(core, { ...letter, data })) }
}

function mailOf(core: Core, letter: MailLetter): Message {
  const { to, template, data, language } = letter
  const settings = core.section(mailOptions)
  const render = settings?.templates[template] ?? LANGUAGES[language][template]
  const { app = 'watchword' } = settings ?? {}
  return addressed('mail', to, layOut(render(data, app), app))
}

/** Puts a text message into the outbox. @throws AuthError `invalid_config` without the option `sms`; `store_unavailable` */
export async function sendSms(core: Core, letter: SmsLetter): Promise<void> {
  const { to, template, data, language, lifetime } = letter
  const mail = core.section(mailOptions)
  const { templates, app } = core.section(smsOptions) ?? {}
  const own = templates?.[template] ?? mail?.templates[template]
  const text = (own ?? LANGUAGES[language][template])(
    data,
    app ?? mail?.app ?? 'watchword',
  )
  await senderOf(core, 'sms').add(addressed('sms', to, { text }), lifetime)
}

/** Without a recipient the content is kept, so that the row is as long. */
function addressed(
  channel: 'mail' | 'sms',
  to: string | undefined,
  content: object,
): Message {
  if (to === undefined) return { channel: 'none', to: '', ...content } as Message
  return { channel, to, ...content } as Message
}

/** Resolves when nothing that is due is left in the outbox. */
export const messagesSent = async (core: Core): Promise<void> => SENDERS.get(core)?.idle()

export type { MessageHead } from './sender.ts'

/** Who gets a message of the outbox; `undefined` if it cannot be opened here. */
export const messageHead = (stored: StoredMessage, core: Core): MessageHead | undefined =>
  SENDERS.get(core)?.headOf(stored)

/** Sends what is due now, without waiting for it. */
export const wakeSender = (core: Core): void => SENDERS.get(core)?.wake()

function senderOf(core: Core, option: 'mail' | 'sms'): Sender {
  const sender = SENDERS.get(core)
  if (sender !== undefined) return sender
  throw configError(
    `The option "${option}" is not set, and a message needs it: set the option "${option}".`,
  )
}
