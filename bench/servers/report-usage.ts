import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free port, sends it to the parent process, and answers its messages. */
export function serveParent(server: Server): void {
  // Connections stay open while other contestants have their turns.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () =>
    process.send?.({ port: (server.address() as AddressInfo).port }),
  )
  answerUsage()
}

/** Answers each message with the processor time so far, in milliseconds. */
export function answerUsage(): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.((user + system) / 1000)
  })
}
