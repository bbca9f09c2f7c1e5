import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreTransaction } from '../../users/joint-write.ts'

/** A mail, complete. Its texts contain no CR or LF outside of `text` and `html`. */
export interface Mail {
  /** One address, as it is stored. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Sms {
  /** A phone number in E.164 form, such as `+15550100`. */
  readonly to: string
  readonly text: string
}

/** An attempt to send a message. */
export interface Delivery {
  /** The same at each attempt: a recipient that has seen it drops the message. */
  readonly id: string
  readonly at: UnixSeconds
}

/**
 * Sends a mail. It is called again, later, if it throws: a mail may be sent twice, and is never lost.
 *
 * An error with `permanent: true` says that this mail can never be sent: it is dropped, and the log says so.
 */
export type Mailer = (mail: Mail, delivery: Delivery) => unknown

/** Sends a text message, as `Mailer` sends a mail. */
export type SmsSender = (sms: Sms, delivery: Delivery) => unknown

/** A row of the outbox: a mail, a text message, or a placeholder of the same size that is not sent. */
export type Message =
  | ({ readonly channel: 'mail' } & Mail)
  | ({ readonly channel: 'sms' } & Sms)
  | { readonly channel: 'none' }

/** A message in the outbox, sealed: it may contain a link or a code. */
export interface StoredMessage {
  readonly id: string
  readonly sealed: string
  /** How often it was tried. */
  readonly attempts: number
  /** When it is tried next. While a process is sending it, when another one may try. */
  readonly dueAt: UnixSeconds
  /** When what it says is out of date: it is not sent any more. */
  readonly expiresAt: UnixSeconds
}

/** The port to the outbox. Each function is one statement. */
export interface Outbox {
  insert(message: StoredMessage): Promise<void>
  /** Inserts it in the transaction of the write that it is about. */
  insertIn(transaction: StoreTransaction, message: StoredMessage): Promise<void>
  /** Replaces the text of a message that no process has taken yet, and when it is sent. */
  replace(message: Pick<StoredMessage, 'id' | 'sealed' | 'dueAt'>): Promise<void>
  /** Messages that are due, the oldest first. */
  due(now: UnixSeconds, limit: number): Promise<readonly StoredMessage[]>
  /**
   * Takes a message for this process until `until`, and counts the attempt.
   *
   * @returns `false` if another process has taken it since it was read
   */
  claim(message: StoredMessage, until: UnixSeconds): Promise<boolean>
  /** When a message that could not be sent is tried again. */
  postpone(id: string, dueAt: UnixSeconds): Promise<void>
  delete(id: string): Promise<void>
  /** @returns how many it deleted; fewer than `limit` if none is left */
  flush(now: UnixSeconds, limit: number): Promise<number>
}
