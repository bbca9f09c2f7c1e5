import { AuthError } from '../../base/errors.ts'
import { Secret } from '../../base/secret.ts'

/** Where Redis is, and what of it is ours. */
export interface RedisAddress {
  /** One server; of a cluster some nodes, which know the others. Never empty. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly cluster: boolean
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** 0 in a cluster. */
  readonly database: number
  /** How our keys and our channel begin. */
  readonly prefix: string
}

/**
 * `redis://user:password@host:port/database`, `rediss://` with TLS; of a cluster several, as a list or with commas between them, or one
 * with `?cluster`. `?prefix=name:` takes the place of `watchword:`. User, password and prefix are those of the first.
 *
 * @throws AuthError `invalid_config`, which repeats nothing of it: a password may be in it
 */
export function parseRedis(given: string | readonly string[]): RedisAddress {
  const urls = [given]
    .flat()
    .flatMap((text) => text.split(/,(?=rediss?:\/\/)/).map(urlOf))
  const [first] = urls
  if (first === undefined || urls.some(({ protocol }) => protocol !== first.protocol))
    throw refused(EXAMPLE)
  const cluster = urls.length > 1 || first.searchParams.has('cluster')
  const database = first.pathname.slice(1)
  if (!/^\d{0,4}$/.test(database))
    throw refused('ends in the number of a database, as in redis://localhost:6379/1')
  if (cluster && Number(database) !== 0)
    throw refused('names a database, and a cluster has no other than 0')
  return {
    nodes: urls.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
    })),
    cluster,
    tls: first.protocol === 'rediss:',
    username: first.username === '' ? undefined : decoded(first.username),
    password: first.password === '' ? undefined : new Secret(decoded(first.password)),
    database: Number(database),
    prefix: first.searchParams.get('prefix') ?? 'watchword:',
  }
}

const EXAMPLE =
  'must be an address such as redis://localhost:6379, or a list of those of a cluster'

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw refused(EXAMPLE)
  for (const name of url.searchParams.keys()) {
    if (name !== 'cluster' && name !== 'prefix')
      throw refused('takes "cluster" and "prefix" behind a "?", and no more')
  }
  return url
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(
      'has a "%" in its user or password that stands for no letter: write it %25',
    )
  }
}

const refused = (fault: string): AuthError =>
  new AuthError('invalid_config', `redis (WATCHWORD_REDIS) ${fault}.`)
