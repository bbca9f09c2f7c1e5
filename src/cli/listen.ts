import { AuthError } from '../base/errors.ts'
import type { CommandContext } from '../command/context.ts'
import { CommandError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import type { ListenAddress, RunningServer, ServeOptions } from '../server/serve.ts'
import type { HostAndPort } from './address-options.ts'

type ListenError = NodeJS.ErrnoException & { readonly port?: number }

/** @throws CommandError if the address cannot be used; AuthError if the metrics need a package */
export async function listen(
  options: ServeOptions,
  context: CommandContext,
): Promise<RunningServer> {
  const { serve } = await import('../server/serve.ts')
  return serve(options).catch((error: ListenError | AuthError) => {
    if (error instanceof AuthError) throw error
    const { metrics } = options
    if (metrics !== undefined && error.port === metrics.port)
      throw metricsError(error, metrics)
    throw listenError(error, options, context)
  })
}

/**
 * Removes a socket file that a crashed server left behind.
 *
 * @throws CommandError if a server listens on it, or it is not a socket
 */
export async function freeSocket(
  address: ListenAddress,
  context: CommandContext,
): Promise<void> {
  if (!('socket' in address)) return
  const { freeSocketFile } = await import('../server/socket-file.ts')
  await freeSocketFile(address.socket).catch((error: ListenError) => {
    throw listenError(error, address, context)
  })
}

const metricsError = (error: ListenError, { host, port }: HostAndPort): CommandError =>
  new CommandError(
    `Cannot listen for /metrics on ${host}, port ${port} (${error.code}): choose another port with --metrics.`,
    { cause: error },
  )

function listenError(
  error: ListenError,
  address: ListenAddress,
  context: CommandContext,
): CommandError {
  return new CommandError(listenMessage(error, address, context), { cause: error })
}

function listenMessage(
  { code }: ListenError,
  address: ListenAddress,
  context: CommandContext,
): string {
  if ('socket' in address) return socketMessage(code, printable(address.socket))
  return portMessage(code, address, context)
}

const FOLDER = 'its folder must exist, and this user must be allowed to write to it.'
const TOO_LONG = 'is too long for a socket file: 100 characters at most.'

const SOCKET_MESSAGES: Readonly<Record<string, (path: string) => string>> = {
  EADDRINUSE: (path) =>
    `A server is already listening on ${path}: stop it, or choose another file with --socket.`,
  ENOTSOCK: (path) =>
    `${path} exists and is not a socket: choose another file with --socket.`,
  EACCES: (path) => `Cannot create the socket file ${path}: ${FOLDER}`,
  EPERM: (path) => `Cannot create the socket file ${path}: ${FOLDER}`,
  ENOENT: (path) => `Cannot create the socket file ${path}: ${FOLDER}`,
  ENOTDIR: (path) => `Cannot create the socket file ${path}: ${FOLDER}`,
  EROFS: (path) => `Cannot create the socket file ${path}: ${FOLDER}`,
  EINVAL: (path) => `${path} ${TOO_LONG}`,
  ENAMETOOLONG: (path) => `${path} ${TOO_LONG}`,
}

const socketMessage = (code = 'unknown', path: string): string =>
  SOCKET_MESSAGES[code]?.(path) ??
  `Cannot listen on ${path} (${code}): choose another file with --socket.`

function portMessage(
  code = 'unknown',
  { host, port }: HostAndPort,
  { env }: CommandContext,
): string {
  const noAddress = `This machine has no address ${printable(host)}: choose another with --host, such as 127.0.0.1.`
  const messages: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: stop the program that listens there, or ${choosePort(port < 65_535 ? port + 1 : 8000, env)}.`,
    EACCES: `This user may not listen on port ${port}: ${choosePort(8000, env)}.`,
    EADDRNOTAVAIL: noAddress,
    ENOTFOUND: noAddress,
    EAI_AGAIN: noAddress,
  }
  return (
    messages[code] ??
    `Cannot listen on ${printable(host)}, port ${port} (${code}): choose others with --host and --port.`
  )
}

function choosePort(free: number, env: CommandContext['env']): string {
  if (env.npm_lifecycle_event === 'start') return `choose another: PORT=${free} npm start`
  return `choose another with --port ${free}`
}
