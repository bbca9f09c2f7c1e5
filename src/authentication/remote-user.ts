import { BlockList, isIP, isIPv4 } from 'node:net'
import type { Awaitable } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import type { AuthRequest } from '../http/request.ts'
import { mayUse } from '../tokens/token-settings.ts'
import type { User } from '../users/user.ts'
import type { Authentication, Identity, Scheme, SchemeDeps } from './scheme.ts'

/** Says who the server in front has found out to be asking; `undefined` and `''`: nobody. */
export type FindName = (request: AuthRequest) => Awaitable<string | undefined>

export interface RemoteUserOptions {
  /** Whether who is not known yet becomes a user, without a password. Default false (D39). */
  readonly create?: boolean
}

export interface FromHeader extends RemoteUserOptions {
  /** The header in which the proxy names the user, such as `X-Remote-User`. The proxy must take it away from whoever else sends it. */
  readonly header: string
  /** The proxy's addresses, or networks such as `10.0.0.0/8`: connections from elsewhere are not believed. */
  readonly from: readonly string[]
}

/**
 * The user that a server in front has signed in. Django REST framework's `RemoteUserAuthentication` (specification 6.5): who
 * is unknown or inactive is as good as nobody, and there is no challenge.
 *
 * @throws AuthError `invalid_config` where a header is to be believed from anybody
 */
export function remoteUser(source: FindName, options?: RemoteUserOptions): Scheme<User>
export function remoteUser(source: FromHeader): Scheme<User>
export function remoteUser(
  source: FindName | FromHeader,
  options: RemoteUserOptions = {},
): Scheme<User> {
  const { create = false } = typeof source === 'function' ? options : source
  const nameIn = typeof source === 'function' ? source : nameInHeader(source)
  return (deps): Authentication => ({
    async identify(request) {
      const name = await nameIn(request)
      return name ? identityOf(name, create, deps) : undefined
    },
  })
}

async function identityOf(
  name: string,
  create: boolean,
  deps: SchemeDeps,
): Promise<Identity | undefined> {
  const known = await deps.users.find('username', name)
  const user = known?.user ?? (create ? await created(name, deps) : undefined)
  return user === undefined || !mayUse(user, deps.terms)
    ? undefined
    : { user, scheme: 'remoteUser' }
}

/** What cannot be a name is nobody's; whom another request has just made is there. */
async function created(
  name: string,
  { users, createUser }: SchemeDeps,
): Promise<User | undefined> {
  try {
    return await createUser(name)
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
    return (await users.find('username', name))?.user
  }
}

/** A header is believed from the proxy alone (rule H9). */
function nameInHeader({ header, from }: FromHeader): FindName {
  const name = header.toLowerCase()
  const isProxy = listed(from)
  return (request) => {
    const value = isProxy(request.address) ? request.header(name) : undefined
    // A header that came twice is joined with a comma, which no name has: the client's stood beside the proxy's.
    if (value === undefined || value.includes(',')) return undefined
    return textOf(value)
  }
}

/** Headers are octets, given as Latin-1: UTF-8 where they are that. */
const textOf = (value: string): string =>
  decodeUtf8(Buffer.from(value, 'latin1')) ?? value

/** @throws AuthError `invalid_config` where there is none, or one that is no address */
function listed(from: readonly string[] | undefined): (address: string) => boolean {
  if (!Array.isArray(from) || from.length === 0) {
    throw new AuthError(
      'invalid_config',
      "remoteUser({ header }) needs from: the proxy's addresses, such as ['127.0.0.1'], or anybody could name themselves.",
    )
  }
  const list = new BlockList()
  for (const each of from) addTo(list, each)
  return (address) => {
    const plain = address.replace(/%.*$/, '')
    return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}

function addTo(list: BlockList, each: string): void {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(each) ?? []
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const longest = family === 'ipv4' ? 32 : 128
  if (isIP(address) === 0 || Number(bits ?? 0) > longest) {
    throw new AuthError(
      'invalid_config',
      `remoteUser({ from }): "${each}" is no address and no network.`,
    )
  }
  list.addSubnet(address, Number(bits ?? longest), family)
}
