import type { Running } from '../server/serve.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { parseCount } from './command.ts'
import { Failure } from './failure.ts'
import { sentenceOf } from './sentences.ts'
import { selfName, shellWord, type World } from './world.ts'

/** Where `dev` and `start` listen. */
export const ADDRESS = {
  host: { type: 'string', value: 'HOST', says: 'the address to listen on; else HOST, else 127.0.0.1' },
  port: { type: 'string', value: 'PORT', says: 'the port; else PORT, else 8000; 0 takes any that is free' },
} as const

/** Who stands in front of `start`. */
export const PROXIES = {
  proxies: {
    type: 'string',
    value: 'COUNT',
    says: 'how many proxies in front append to X-Forwarded-For; else WATCHWORD_PROXIES, else 0',
  },
} as const

/** @throws WrongUsage */
export const proxiesOf = ({ proxies }: { readonly proxies?: string | undefined }, { env }: World): number =>
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
export const addressOf = (
  { host, port }: { readonly host?: string | undefined; readonly port?: string | undefined },
  { env }: World,
): Address => ({
  host: host ?? (env.HOST || '127.0.0.1'),
  port: parseCount(port ?? (env.PORT || '8000'), port === undefined ? 'PORT' : '--port', [0, 65_535]),
})

/** @throws Failure where it cannot listen there */
export async function listen(
  auth: Watchword<User>,
  { host, port }: Address,
  log: ((line: string) => void) | undefined,
  world: World,
): Promise<Running> {
  const { serve } = await import('../server/serve.ts')
  try {
    return await serve({ auth, host, port, ...(log === undefined ? {} : { log }) })
  } catch (error) {
    throw new Failure(listenSentence((error as NodeJS.ErrnoException).code, { host, port }, world), { cause: error })
  }
}

function listenSentence(code: string | undefined, { host, port }: Address, { env }: World): string {
  const takeAnother = (free: number): string =>
    env.npm_lifecycle_event === 'start' ? `take another: PORT=${free} npm start` : `take another with --port ${free}`
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

/**
 * Serves until SIGTERM or SIGINT; what is in flight is answered then. A second signal ends the process at once.
 */
export async function untilStopped(running: Running, auth: Watchword<User>, { stderr }: World): Promise<void> {
  // A fault in one request is not the others'. It is a bug all the same, so it is told.
  const tell = (error: unknown): void => void stderr.write(`watchword error: ${sentenceOf(error)}\n`)
  process.on('unhandledRejection', tell)
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT')
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

/** A command of ours as it is typed here, on this database. */
export const ourCommand = (words: string, database: string, { env }: World): string =>
  `${selfName(env)} ${words}${database === 'watchword.db' || env.WATCHWORD_DATABASE === database ? '' : ` --database ${shellWord(database)}`}`
