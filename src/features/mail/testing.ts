import type { OpenCore } from '../core.ts'
import { type KeptMessage, mailbox } from './mailbox.ts'
import type { Mail, Mailer, Sms, SmsSender } from './message.ts'
import type { MailOptions, SmsOptions } from './options.ts'
import { messagesSent } from './send.ts'

/** What a test reads of the messages of an instance. */
export interface SentMessages {
  /** The mails that were sent, in order, each after the answer to the request that caused it. Nothing leaves the process. */
  mail(): Promise<readonly Mail[]>
  /** The text messages that were sent. */
  sms(): Promise<readonly Sms[]>
}

/** The instance under test keeps its messages. */
export function testedMail(given: { readonly mail?: unknown; readonly sms?: unknown }) {
  const kept = mailbox()
  return {
    options: { mail: keptMail(given.mail, kept.mail), sms: keptSms(given.sms, kept.sms) },
    members(open: OpenCore): SentMessages {
      const sent = async (): Promise<readonly KeptMessage[]> => {
        await messagesSent(await open())
        return kept.messages
      }
      return {
        mail: async () => (await sent()).filter((each) => each.channel === 'mail'),
        sms: async () => (await sent()).filter((each) => each.channel === 'sms'),
      }
    },
  }
}

/** The templates and the name of the application stay. */
const keptMail = (option: unknown, transport: Mailer): MailOptions => ({
  ...(typeof option === 'object' && option),
  transport,
})

const keptSms = (option: unknown, send: SmsSender): SmsOptions => ({
  ...(typeof option === 'object' && option),
  send,
})
