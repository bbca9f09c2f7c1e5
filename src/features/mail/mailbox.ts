import type { Mail, Mailer, Sms, SmsSender } from './message.ts'

/** Keeps messages in place of sending them, for development and tests. */
export interface Mailbox {
  readonly mail: Mailer
  readonly sms: SmsSender
  /** The messages, the oldest first. */
  readonly messages: readonly KeptMessage[]
}

export type KeptMessage =
  | ({ readonly channel: 'mail' } & Mail)
  | ({ readonly channel: 'sms' } & Sms)

/** @param size of how many messages it keeps the last */
export function mailbox(
  size = Number.POSITIVE_INFINITY,
  arrived: (message: KeptMessage) => void = () => undefined,
): Mailbox {
  const messages: KeptMessage[] = []
  const keep = (message: KeptMessage): void => {
    messages.push(message)
    if (messages.length > size) messages.shift()
    arrived(message)
  }
  return {
    mail: (mail) => keep({ channel: 'mail', ...mail }),
    sms: (sms) => keep({ channel: 'sms', ...sms }),
    messages,
  }
}
