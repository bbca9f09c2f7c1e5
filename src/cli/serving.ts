import type { ListenAddress, RunningServer, ServeOptions } from '../server/serve.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { parseCount } from './command.ts'
import { type CommandContext, selfName, shellWord } from './context.ts'
import { messageOf } from './error-message.ts'
import { CommandError, UsageError } from './errors.ts'
import { shownDatabase } from './open-instance.ts'
import { printable } from './table.ts'

/** Where `dev` and `start` listen. */
export const ADDRESS = {
  host: {
    type: 'string',
    value: 'HOST',
    says: 'the address to listen on; else HOST, else 127.0.0.1',
  },
  port: {
    type: 'string',
    value: 'PORT',
    says: 'the port; else PORT, else 8000; 0 takes any that is free',
  },
} as const

/** Where `start` listens, and who stands in front of it. */
export const FRONT = {
  ...ADDRESS,
  socket: {
    type: 'string',
    value: 'PATH',
    says: 'listen on this socket file instead; needs --proxies',
  },
  proxies: {
    type: 'string',
    value: 'COUNT',
    says: 'how many proxies in front append to X-Forwarded-For; else WATCHWORD_PROXIES, else 0',
  },
} as const

/** @throws WrongUsage */
export const proxiesOf = (
  { proxies }: { readonly proxies?: string | undefined },
  { env }: CommandContext,
): number =>
  parseCount(
    proxies ?? (env.WATCHWORD_PROXIES || '0'),
    proxies === undefined ? 'WATCHWORD_PROXIES' : '--proxies',
    [0, 16],
  )

export interface Address {
  readonly host: string
  readonly port: number
}

/** @throws WrongUsage */
export function listenAddressOf(
  values: { readonly [Name in keyof typeof FRONT]?: string | undefined },
  deps: CommandContext,
): ListenAddress {
  const { socket, host, port, proxies } = values
  if (socket === undefined) return addressOf(values, deps)
  if (host !== undefined || port !== undefined)
    throw new UsageError('--socket does not go with --host and --port.')
  if (proxies === undefined && !deps.env.WATCHWORD_PROXIES) {
    throw new UsageError(
      '--socket needs --proxies: no address of a client is seen there, but what the proxy in front says. Type --proxies 1 where it sets X-Forwarded-For.',
    )
  }
  return { socket }
}

/** @throws WrongUsage */
export const addressOf = (
  {
    host,
    port,
  }: { readonly host?: string | undefined; readonly port?: string | undefined },
  { env }: CommandContext,
): Address => ({
  host: host ?? (env.HOST || '127.0.0.1'),
  port: parseCount(
    port ?? (env.PORT || '8000'),
    port === undefined ? 'PORT' : '--port',
    [0, 65_535],
  ),
})

/** @throws Failure where it cannot listen there */
export async function listen(
  serving: ServeOptions,
  deps: CommandContext,
): Promise<RunningServer> {
  const { serve } = await import('../server/serve.ts')
  return serve(serving).catch(
    (error: NodeJS.ErrnoException & { readonly port?: number }) => {
      const { metrics } = serving
      if (metrics === undefined || error.port !== metrics.port)
        return cannotListen(serving, deps)(error)
      const message = `Nothing can listen for /metrics on ${metrics.host}, port ${metrics.port} (${error.code}): take another with --metrics.`
      throw new CommandError(message, { cause: error })
    },
  )
}

/** Makes room for a socket file. @throws Failure where there is none */
export async function freeSocket(
  place: ListenAddress,
  deps: CommandContext,
): Promise<void> {
  if (!('socket' in place)) return
  const { freeSocketFile } = await import('../server/socket-file.ts')
  await freeSocketFile(place.socket).catch(cannotListen(place, deps))
}

const cannotListen =
  (place: ListenAddress, deps: CommandContext) =>
  (error: NodeJS.ErrnoException): never => {
    const message =
      'socket' in place
        ? socketSentence(error.code, place.socket)
        : listenSentence(error.code, place, deps)
    throw new CommandError(message, { cause: error })
  }

function socketSentence(code: string | undefined, socket: string): string {
  const path = printable(socket)
  switch (code) {
    case 'EADDRINUSE':
      return `A server listens on ${path} already: stop it, or take another file with --socket.`
    case 'ENOTSOCK':
      return `${path} is there and is no socket: take another with --socket.`
    case 'EACCES':
    case 'EPERM':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EROFS':
      return `No socket can be made at ${path}: its folder must be there, and this user must be allowed to write in it.`
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `${path} is too long for a socket: take another with --socket, of at most 100 characters.`
    default:
      return `Nothing can listen on ${path} (${code ?? 'unknown'}): take another with --socket.`
  }
}

function listenSentence(
  code: string | undefined,
  { host, port }: Address,
  { env }: CommandContext,
): string {
  const takeAnother = (free: number): string =>
    env.npm_lifecycle_event === 'start'
      ? `take another: PORT=${free} npm start`
      : `take another with --port ${free}`
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken: stop what listens there, or ${takeAnother(port < 65_535 ? port + 1 : 8000)}.`
    case 'EACCES':
      return `Port ${port} is not for this user: ${takeAnother(8000)}.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host}: take another with --host, such as 127.0.0.1.`
    default:
      return `Nothing can listen on ${host}, port ${port} (${code ?? 'unknown'}): take another with --host and --port.`
  }
}

/** The longest that a stop may take, the closing of the database included. */
const STOP_WITHIN = 9_500

/** Comes with SIGTERM or SIGINT. A second signal ends the process at once. */
export async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT')
}

/** Serves until it is told to stop; what is in flight is answered then. */
export async function untilStopped(
  running: RunningServer,
  auth: Watchword<User>,
  { stderr }: CommandContext,
  told: Promise<void> = stopSignal(),
): Promise<void> {
  // A fault in one request is not the others'. It is a bug all the same, so it is told.
  const tell = (error: unknown): void =>
    void stderr.write(`watchword error: ${messageOf(error)}\n`)
  process.on('unhandledRejection', tell)
  await told
  setTimeout(() => process.exit(0), STOP_WITHIN).unref()
  await running.stop()
  await auth.close()
  process.off('unhandledRejection', tell)
}

/** The command that signs a user in. */
export function signInCommand(url: string, username: string, password: string): string {
  const field = /^[\w.@-]+$/.test(username)
    ? `-d username=${username}`
    : `--data-urlencode ${shellWord(`username=${username}`)}`
  return `curl -s ${url}/api/token/ ${field} -d password=${password}`
}

/** A command of ours as it is typed here, on this database; the password of one has to be typed again. */
export const sameCommand = (
  words: string,
  database: string,
  { env }: CommandContext,
): string =>
  `${selfName(env)} ${words}${database === 'watchword.db' || env.WATCHWORD_DATABASE === database ? '' : ` --database ${shellWord(shownDatabase(database))}`}`
