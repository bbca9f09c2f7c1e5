import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AuthReply } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, runGuard } from './guarding.ts'
import { NodeRequest } from './node-request.ts'

/** A listener of `server.on('upgrade', …)`. */
export type UpgradeListener = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) => void
export type GuardedUpgradeListener<U, Right extends string> = (
  request: IncomingMessage & { auth: Principal<U, Right> },
  socket: Duplex,
  head: Buffer,
) => unknown

/** Guards a listener: `guard(listener)` or `guard(requirement, listener)`. */
export interface UpgradeGuard<U, Right extends string> {
  (listener: GuardedUpgradeListener<U, Right>): UpgradeListener
  <const N extends Requirement<U, Right>>(
    requirement: N,
    listener: GuardedUpgradeListener<PrincipalUser<N, U>, Right>,
  ): UpgradeListener
}

/**
 * A guard for the upgrades of a `node:http` server, such as WebSockets. One that it refuses is answered, and its connection closed.
 */
export function upgradeGuardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): UpgradeGuard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedUpgradeListener<unknown, Right>>
  >[1]
  const { replyToError } = internalsOf(auth)
  const guard = (...args: Arguments): UpgradeListener => {
    const { guard, handle } = guardFactory(auth, args)
    return (request, socket, head) => {
      // Without a listener, a client that disconnects would end the process.
      socket.on('error', ignore)
      const written = bytesWrittenTo(socket)
      const admit = (principal: Principal<unknown, Right>): unknown => {
        if (socket.destroyed) return undefined
        return handle(Object.assign(request, { auth: principal }), socket, head)
      }
      runGuard(guard, new UpgradeRequest(request), admit, (error) => {
        const reply = replyToError(error)
        // What has been written already is not HTTP any more.
        if (bytesWrittenTo(socket) === written) refuse(socket, reply)
        else socket.destroy()
      })
    }
  }
  return guard as UpgradeGuard<U, Right>
}

class UpgradeRequest extends NodeRequest {
  readonly isUpgrade = true
}

const ignore = (): void => undefined

const bytesWrittenTo = (socket: Duplex): number =>
  (socket as { readonly bytesWritten?: number }).bytesWritten ?? 0

function refuse(socket: Duplex, { status, headers, body }: AuthReply): void {
  // `import` evaluates every export of node:http; one of them is a WebSocket client of 6 MiB.
  const { STATUS_CODES } = process.getBuiltinModule('node:http')
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
