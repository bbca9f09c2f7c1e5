import { AuthError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { Secret } from '../../base/secret.ts'

/** How to connect to Redis, and the prefix of the keys. */
export interface RedisAddress {
  /** One server, or some nodes of a cluster, which know the others. Never empty. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly cluster: boolean
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** 0 in a cluster. */
  readonly database: number
  /** The beginning of every key and channel name. */
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
    throw refused('must end in the number of a database: write redis://localhost:6379/1')
  if (cluster && Number(database) !== 0)
    throw refused(
      'names a database, but a cluster has only database 0: remove the number',
    )
  return {
    nodes: urls.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
    })),
    cluster,
    tls: first.protocol === 'rediss:',
    ...credentialsOf(first),
    database: Number(database),
    prefix: first.searchParams.get('prefix') ?? 'watchword:',
  }
}

function credentialsOf(url: URL): Pick<RedisAddress, 'username' | 'password'> {
  const [username, password] = [decoded(url.username), decoded(url.password)]
  return {
    username: username || undefined,
    password: ifDefined(password || undefined, (text) => new Secret(text)),
  }
}

const EXAMPLE =
  'must be an address such as redis://localhost:6379, or a list of the addresses of a cluster'

function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw refused(EXAMPLE)
  for (const name of url.searchParams.keys()) {
    if (name !== 'cluster' && name !== 'prefix')
      throw refused(
        'may have only "cluster" and "prefix" after the "?": remove the others',
      )
  }
  return url
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(
      'has a "%" in its user or password that encodes no character: write it as %25',
    )
  }
}

const refused = (fault: string): AuthError =>
  new AuthError('invalid_config', `redis (WATCHWORD_REDIS) ${fault}.`)
