import type { Log, LogEntry } from '../../base/log.ts'
import { endpoint } from '../../http/endpoint.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { DevelopmentServer } from '../define-feature.ts'
import { type KeptMessage, mailbox } from './mailbox.ts'

/** The development server sends no message: it logs each, and keeps the last fifty for `GET /dev/mail`. */
export function developmentMail(log: Log): DevelopmentServer {
  const { mail, sms, messages } = mailbox(50, (message) => log(messageEntry(message)))
  return {
    options: { mail, sms },
    endpoints: [lastMessages(messages)],
    addresses: [{ name: 'sent mails', path: '/dev/mail' }],
  }
}

const messageEntry = (message: KeptMessage): LogEntry => ({
  level: 'info',
  event: `${message.channel} to ${message.to}: ${message.text}`,
})

/** Browsers name the type, programs do not. */
const accepts = (request: AuthRequest, type: string): boolean =>
  request.header('accept')?.includes(type) === true

/** For development alone: it shows links and codes that work. A program gets JSON, a browser a page. */
const lastMessages = (messages: readonly KeptMessage[]) =>
  endpoint({
    name: 'Development Mail',
    path: '/dev/mail',
    ignoresAccept: true,
    count: false,
    methods: {
      GET: {
        async handle(_fields, request) {
          const all = messages.toReversed()
          if (!accepts(request, 'text/html')) return all
          return (await import('./mailbox-page.ts')).mailboxPage(all)
        },
      },
    },
  })
