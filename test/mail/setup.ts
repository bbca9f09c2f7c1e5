import { type Seconds, seconds, type UnixSeconds } from '../../src/base/clock.ts'
import type { LogEntry } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Mail, Mailer, Message } from '../../src/features/mail/message.ts'
import { createSender, type Sender } from '../../src/features/mail/sender.ts'
import type { InstanceStore } from '../../src/features.ts'
import { NOON } from '../sessions/setup.ts'

export const KEYS = [new Uint8Array(32).fill(7)]

export const HOUR: Seconds = seconds(3600)

export const mailTo = (to: string): Message => ({
  channel: 'mail',
  to,
  subject: 'Set a new password',
  text: 'https://app.example.com/reset#secret',
  html: '<p>secret</p>',
})

/** A time that moves only when a test says so. */
export function movableClock() {
  let now: number = NOON
  return {
    now: () => now as UnixSeconds,
    move(by: number) {
      now += by
    },
  }
}

/** The sender of a process of its own, and what it has sent and logged. */
export function aSender(
  store: InstanceStore,
  clock: () => UnixSeconds,
  mailer: Mailer = () => undefined,
  keys: readonly Uint8Array[] = KEYS,
) {
  const sent: Mail[] = []
  const log: LogEntry[] = []
  const sender: Sender = createSender({
    outbox: store.ports.outbox,
    clock,
    random: systemRandom,
    log: (entry) => void log.push(entry),
    keys,
    async mail(mail, delivery) {
      await mailer(mail, delivery)
      sent.push(mail)
    },
    sms: undefined,
    interval: seconds(0.02),
  })
  return { sender, sent, log }
}
