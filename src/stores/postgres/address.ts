import type pg from 'pg'
import { milliseconds } from '../../base/clock.ts'
import { configError } from '../../base/errors.ts'
import { driver } from './driver.ts'

/** How to connect to a database, from its URL. */
export interface Address {
  /** The options of every connection. */
  readonly client: pg.ClientConfig
  /** How many connections are opened at most, besides the one that listens. */
  readonly pool: number
}

/** Enough to load a server of four cores; a process needs no more than a few. */
const POOL_SIZE = 10

/**
 * Time limit in seconds for opening a connection, or for one to become free; beyond it, a request is answered with 503. Enough for
 * a server that is woken up by the connection, or is far away.
 */
const CONNECT_TIMEOUT = 2
const LONGEST_CONNECT_TIMEOUT = 300

/** What `pg` reads behind the `?`, and what is ours. It ignores everything else, or the settings of each connection replace it. */
const PARAMETERS: readonly string[] = [
  'pool',
  'connect_timeout',
  'application_name',
  'fallback_application_name',
  'options',
  'client_encoding',
  'host',
  'port',
  'user',
  'password',
  'ssl',
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'sslnegotiation',
  'uselibpqcompat',
]

/** Time limit for the first connection, at the start: no request waits yet, and many processes may start at once. */
export const FIRST_CONNECT = milliseconds(5_000)

/** Time limit for the answer to a query. The server's own limits are shorter, see `connection-settings.ts`. */
export const ANSWER_TIMEOUT = milliseconds(5_000)

const NOT_A_URL =
  'The address of the database is not a URL: write "postgres://user:password@host:5432/database", with every character of the password that is neither a letter nor a digit as % and two hexadecimal digits.'

/** @param url `postgres://user:password@host:port/database`, and what `pg` understands behind a `?` @throws AuthError `invalid_config` */
export function parseAddress(url: string): Address {
  const parsed = URL.parse(url)
  if (parsed === null) {
    throw configError(NOT_A_URL)
  }
  const pool = parsed.searchParams.get('pool') ?? String(POOL_SIZE)
  if (!/^[1-9]\d{0,3}$/.test(pool))
    throw configError(
      '"pool" in the address of the database must be a number of connections, 1 to 9999.',
    )
  const connectTimeout =
    parsed.searchParams.get('connect_timeout') ?? String(CONNECT_TIMEOUT)
  if (!/^[1-9]\d{0,2}$/.test(connectTimeout) || +connectTimeout > LONGEST_CONNECT_TIMEOUT)
    throw configError(
      `"connect_timeout" in the address of the database must be a number of seconds, 1 to ${LONGEST_CONNECT_TIMEOUT}.`,
    )
  refuseIgnored(parsed.searchParams)
  parsed.searchParams.delete('pool')
  parsed.searchParams.delete('connect_timeout')
  // A "/" or "?" of the password, written as it is, ends the host of a URL.
  if (parsed.pathname.includes('@')) throw configError(NOT_A_URL)
  refuseUnusable(parsed.href)
  return {
    client: {
      connectionString: parsed.href,
      fallback_application_name: 'watchword',
      connectionTimeoutMillis: 1000 * Number(connectTimeout),
      query_timeout: ANSWER_TIMEOUT,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
    pool: Number(pool),
  }
}

/** @throws AuthError `invalid_config`, without the value, which may be secret */
function refuseIgnored(parameters: URLSearchParams): void {
  for (const name of parameters.keys()) {
    if (PARAMETERS.includes(name)) continue
    throw configError(
      `The parameter ${JSON.stringify(name)} in the address of the database has no effect. It may have ${PARAMETERS.join(', ')}: remove the others, and set what belongs to the role there, as in: alter role app set …`,
    )
  }
}

/** The parts of an address that messages may show; never the password. */
export interface ShownAddress {
  readonly user: string
  readonly server: string
  readonly database: string
}

export function shownAddressOf({ client }: Address): ShownAddress {
  const { user = '', host, port, database = '' } = new driver.Client(client)
  const isSocket = host.startsWith('/')
  return { user, server: isSocket ? host : `${host}:${port}`, database }
}

/** `pg` reads the files that the address names when it reads the address. @throws AuthError `invalid_config` */
function refuseUnusable(connectionString: string): void {
  try {
    new driver.Client({ connectionString })
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path === undefined) throw configError(NOT_A_URL)
    throw configError(
      `The address of the database names the file ${JSON.stringify(path)}, which cannot be read (${code}): correct its path.`,
    )
  }
}
