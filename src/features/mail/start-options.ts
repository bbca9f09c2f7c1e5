import { startOptions } from '../../command/start-options.ts'

/** How the mails of `start` are sent. In the environment alone: it has a password. */
export const mailStart = startOptions({
  options: {},
  read: (_, { env: { WATCHWORD_MAIL: mail } }) => (mail ? { mail } : {}),
})
