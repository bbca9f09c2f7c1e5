import { startOptions } from '../../command/start-options.ts'

/** How the mails and text messages of `start` are sent. What has a password is in the environment alone. */
export const mailStart = startOptions({
  options: {
    sms: {
      type: 'string',
      value: 'URL',
      help: 'the webhook that text messages are posted to, signed with WATCHWORD_SMS_SECRET; default: WATCHWORD_SMS, or none',
    },
  },
  read({ sms }, { env }) {
    const { WATCHWORD_MAIL: mail, WATCHWORD_SMS_SECRET: secret } = env
    const send = sms ?? env.WATCHWORD_SMS
    return {
      ...(mail && { mail }),
      ...(send && { sms: { send, ...(secret && { secret }) } }),
    }
  },
})
