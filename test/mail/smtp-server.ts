import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { cleanUp } from '../cleanup.ts'

export interface SmtpBehaviour {
  /** The reply to a recipient. */
  readonly refuseRecipient?: number
  /** The reply to the text of a mail. */
  readonly refuseText?: number
  readonly refuseSignIn?: boolean
  /** PEM. With them the server offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly port?: number
}

export interface ReceivedMail {
  readonly user: string
  readonly to: readonly string[]
  readonly text: string
  readonly isEncrypted: boolean
}

const refusal = (code: number): Error =>
  Object.assign(new Error('refused'), { responseCode: code })

/** A real SMTP server on a free port of the loopback interface. */
export async function smtpServer(t: TestContext, behaviour: SmtpBehaviour) {
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    ...behaviour.tls,
    authOptional: behaviour.tls === undefined,
    allowInsecureAuth: true,
    disabledCommands: behaviour.tls === undefined ? ['STARTTLS'] : [],
    onAuth({ username, password }, _, done) {
      if (behaviour.refuseSignIn === true) return done(refusal(535))
      done(null, { user: `${username}:${password}` })
    },
    onRcptTo(_, __, done) {
      const { refuseRecipient: code } = behaviour
      done(code === undefined ? undefined : refusal(code))
    },
    onData(stream, session, done) {
      void text(stream).then((whole) => {
        if (behaviour.refuseText !== undefined) return done(refusal(behaviour.refuseText))
        const { user, secure, envelope } = session
        const to = envelope.rcptTo.map(({ address }) => address)
        received.push({ user: String(user ?? ''), to, text: whole, isEncrypted: secure })
        done()
      })
    },
  })
  // A client that ends a connection in the middle is no failure of the test.
  server.on('error', () => undefined)
  server.listen(behaviour.port ?? 0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => void sockets.add(socket))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  cleanUp(t, close)
  return { port, received, close }
}
