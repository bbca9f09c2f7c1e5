import { optionalPeer } from '../../base/optional-peer.ts'
import type { Mail } from './message.ts'

/** The part of nodemailer that is used. */
interface Nodemailer {
  createTransport(options: object): Transport
}

interface Transport {
  sendMail(message: object): Promise<unknown>
  close(): void
}

/** A mailer that holds connections. */
export interface SmtpMailer {
  readonly send: (mail: Mail) => Promise<void>
  /** Closes the connections that are idle; the next mail opens another one. */
  close(): void
}

export interface SmtpSettings {
  readonly url: URL
  readonly from: { readonly name: string; readonly address: string }
}

/** Milliseconds. All of them together are shorter than the outbox waits for a process. */
const TIMEOUTS = {
  connectionTimeout: 15_000,
  greetingTimeout: 15_000,
  dnsTimeout: 10_000,
  socketTimeout: 30_000,
}

/** The ports of message submission (RFC 6409 §3.1, RFC 8314 §3.3). */
const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

/** Sends by SMTP (RFC 5321), with the package `nodemailer`. */
export function smtpMailer({ url, from }: SmtpSettings): SmtpMailer {
  let opened: Transport | undefined
  const open = async (): Promise<Transport> => {
    const { createTransport } = await optionalPeer<Nodemailer>(
      'nodemailer',
      'The option "mail" with an address of a mail server',
    )
    opened ??= createTransport(transportOptions(url))
    return opened
  }
  return {
    async send(mail) {
      const transport = await open()
      await transport.sendMail(messageOf(mail, from)).catch((error: unknown) => {
        throw asSendError(error)
      })
    },
    close() {
      opened?.close()
      opened = undefined
    },
  }
}

const transportOptions = (url: URL): object => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: Number(url.port) || PORTS[url.protocol],
  secure: url.protocol === 'smtps:',
  // A server in between could hide STARTTLS and read the password (RFC 3207 §6).
  requireTLS: !isLoopback(url.hostname),
  ...(url.username !== '' && {
    auth: {
      user: decodeURIComponent(url.username),
      pass: decodeURIComponent(url.password),
    },
  }),
  pool: true,
  maxConnections: 4,
  disableFileAccess: true,
  disableUrlAccess: true,
  ...TIMEOUTS,
})

const messageOf = (
  { to, subject, text, html }: Mail,
  from: SmtpSettings['from'],
): object => ({
  from,
  // As an object it is not parsed: the whole text is one address.
  to: { name: '', address: to },
  subject,
  text,
  html,
  // Out-of-office programs do not answer (RFC 3834 §5).
  headers: { 'Auto-Submitted': 'auto-generated' },
})

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host.startsWith('127.')

/** A reply 5xx to the recipient or to the text is final (RFC 5321 §4.2.1); one to the sign-in is the operator's fault. */
function asSendError(error: unknown): Error {
  const {
    responseCode = 0,
    code,
    message,
  } = error as {
    readonly responseCode?: number
    readonly code?: string
    readonly message?: string
  }
  const isFinal = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return Object.assign(new Error(message, { cause: error }), { permanent: isFinal })
}
