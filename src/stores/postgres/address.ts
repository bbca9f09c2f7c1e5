import type pg from 'pg'
import { configError } from '../../base/errors.ts'
import { driver } from './driver.ts'

/** Where a database is and how it is spoken to, as its URL says. */
export interface Address {
  /** What every connection is made with. */
  readonly client: pg.ClientConfig
  /** Connections at the most, the one that listens not among them. */
  readonly pool: number
}

/** What one query at a time on each can fill of a server of four cores; a process needs no more than a few. */
const POOL = 10

/** Milliseconds for a connection to be made, or to become free: a request is refused within a second if it cannot be. */
const CONNECT = 900

/** Milliseconds for the first one, at the start: no request waits yet, and many processes may start at once. */
export const FIRST_CONNECT = 5_000

/** Milliseconds after which a server that says nothing is given up; its own limits come before, see `session.ts`. */
export const ANSWER = 5_000

const NOT_A_URL =
  'The address of the database is no URL: write "postgres://user:password@host:5432/database", and what is neither letter nor digit in the password as % and two digits.'

/** @param url `postgres://user:password@host:port/database`, and what `pg` understands behind a `?` @throws AuthError `invalid_config` */
export function parseAddress(url: string): Address {
  const parsed = URL.parse(url)
  if (parsed === null) {
    throw configError(NOT_A_URL)
  }
  const pool = parsed.searchParams.get('pool') ?? String(POOL)
  if (!/^[1-9]\d{0,3}$/.test(pool))
    throw configError(
      '"pool" in the address of the database must be a number of connections, 1 to 9999.',
    )
  parsed.searchParams.delete('pool')
  // A "/" or "?" of the password, written as it is, ends the host of a URL.
  if (parsed.pathname.includes('@')) throw configError(NOT_A_URL)
  refuseUnusable(parsed.href)
  return {
    client: {
      connectionString: parsed.href,
      fallback_application_name: 'watchword',
      connectionTimeoutMillis: CONNECT,
      query_timeout: ANSWER,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
    pool: Number(pool),
  }
}

/** User, server and database for messages: never the password. */
export interface Place {
  readonly user: string
  readonly server: string
  readonly database: string
}

export function placeOf({ client }: Address): Place {
  const { user = '', host, port, database = '' } = new driver.Client(client)
  return { user, server: host.startsWith('/') ? host : `${host}:${port}`, database }
}

/** `pg` reads the files that the address names when it reads the address. @throws AuthError `invalid_config` */
function refuseUnusable(connectionString: string): void {
  try {
    new driver.Client({ connectionString })
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    throw configError(
      path === undefined
        ? NOT_A_URL
        : `The address of the database names the file ${JSON.stringify(path)}, which cannot be read (${code}): correct it there.`,
    )
  }
}
