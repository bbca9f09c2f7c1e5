import { seconds } from '../../base/clock.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { developmentMail } from './development.ts'
import { mailOptions, smsOptions } from './options.ts'
import { keepSender } from './send.ts'
import { createSender } from './sender.ts'
import { outboxStore } from './sql.ts'
import { testedMail } from './testing.ts'

/** Mails and text messages of the other features. */
export const mail = defineFeature({
  name: 'mail',
  options: {
    /** How mails are sent. */
    mail: mailOptions,
    /** How text messages are sent: a function, or an object. */
    sms: smsOptions,
  },
  store: outboxStore,
  development: developmentMail,
  testing: testedMail,
  onOpen(core) {
    const { clock, random, log, section, ports } = core
    const settings = section(mailOptions)
    const sms = section(smsOptions)
    if (settings === undefined && sms === undefined) return undefined
    const sender = createSender({
      outbox: ports(outboxStore).outbox,
      clock,
      random,
      log,
      keys: core.derivedKeys('outbox'),
      mail: settings?.send,
      sms: sms?.send,
    })
    keepSender(core, sender)
    return async () => {
      await sender.close()
      settings?.close()
    }
  },
  rowNames: { messages: 'unsent message' },
  async flush({ ports, clock }, progress) {
    const { outbox } = ports(outboxStore)
    return { messages: await flush(outbox, clock(), seconds(0), progress) }
  },
})
