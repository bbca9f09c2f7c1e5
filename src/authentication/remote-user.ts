import { BlockList, isIP, isIPv4 } from 'node:net'
import type { Awaitable } from '../base/awaitable.ts'
import { AuthError, configError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { crossSiteGuard } from '../http/cross-site.ts'
import { trustedOrigins } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import { mayUse } from '../tokens/token-settings.ts'
import type { User } from '../users/user.ts'
import { type LibrarySchemeDeps, libraryScheme, type Scheme } from './scheme.ts'

/** Reads the name of the user that the server in front has authenticated; `undefined` or `''` if the request is anonymous. */
export type FindName = (request: AuthRequest) => Awaitable<string | undefined>

export interface RemoteUserOptions {
  /** Whether unknown names create users, without a password. Default false (D39). */
  readonly create?: boolean
  /** Other origins whose pages may send state-changing requests, such as `https://*.example.com`. Default: none. */
  readonly origins?: readonly string[]
}

export interface FromHeader extends RemoteUserOptions {
  /** The header in which the proxy names the user, such as `X-Remote-User`. The proxy must remove it from clients' requests. */
  readonly header: string
  /** The proxy's addresses, or networks such as `10.0.0.0/8`. From other addresses the header is ignored. */
  readonly from: readonly string[]
}

/**
 * The user that a server in front has authenticated: Django REST framework's `RemoteUserAuthentication`. Unknown and
 * inactive users count as anonymous, and there is no challenge.
 *
 * The server in front authenticates the requests of any page, so a request of another site that may change something is a 403,
 * as with `session()`.
 *
 * @throws AuthError `invalid_config` if `header` is given without `from`, or an
 *   entry of `origins` is not an origin
 */
export function remoteUser(source: FindName, options?: RemoteUserOptions): Scheme<User>
export function remoteUser(source: FromHeader): Scheme<User>
export function remoteUser(
  source: FindName | FromHeader,
  options: RemoteUserOptions = {},
): Scheme<User> {
  if (typeof source === 'function') {
    refuseUnknownOptions(options, OPTIONS, argumentOf('remoteUser'))
    return createScheme(source, options)
  }
  refuseUnknownOptions(
    source,
    { header: true, from: true, ...OPTIONS },
    argumentOf('remoteUser'),
  )
  return createScheme(nameInHeader(source), source)
}

const OPTIONS = { create: true, origins: true } as const

function createScheme(
  findName: FindName,
  { create = false, origins = [] }: RemoteUserOptions,
): Scheme<User> {
  const trusts = trustedOrigins(origins, 'remoteUser({ origins })')
  return libraryScheme(
    (deps) => {
      const refuseOtherSites = crossSiteGuard(trusts, deps)
      return {
        name: 'remoteUser',
        async identify(request) {
          const name = await findName(request)
          if (!name) return undefined
          refuseOtherSites(request)
          const user = await userNamed(name, create, deps)
          if (user === undefined || !mayUse(user, deps.settings)) return undefined
          return { user, scheme: 'remoteUser' }
        },
      }
      // OpenAPI has nothing to describe: the proxy sends the header, not the client.
    },
    () => [],
  )
}

/**
 * The name is compared exactly: the server in front has authenticated it, and not another spelling that normalization turns into
 * it, such as `ａdmin`.
 */
async function userNamed(
  name: string,
  create: boolean,
  deps: LibrarySchemeDeps,
): Promise<User | undefined> {
  const account = await deps.users.find('username', name)
  if (account !== undefined) return account.user
  if (!create) return undefined
  return createdUser(name, deps)
}

/** @returns `undefined` if the name is not valid; the user that a concurrent request has just created, if there is one */
async function createdUser(
  name: string,
  { users, createUser }: LibrarySchemeDeps,
): Promise<User | undefined> {
  try {
    return await createUser(name)
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
    return (await users.find('username', name))?.user
  }
}

/** Reads the header only on connections of the proxy, since any client could send it. */
function nameInHeader({ header, from }: FromHeader): FindName {
  const name = header.toLowerCase()
  const isProxy = addressList(from)
  return (request) => {
    if (!isProxy(request.address)) return undefined
    const value = request.header(name)
    // Repeated headers are joined with commas, which no name has: a client added one to that of the proxy.
    if (value === undefined || value.includes(',')) return undefined
    return textOf(value)
  }
}

/** Node decodes header bytes as Latin-1; proxies write UTF-8. */
const textOf = (value: string): string =>
  decodeUtf8(Buffer.from(value, 'latin1')) ?? value

/** @throws AuthError `invalid_config` if the list is empty, or has an entry that is no address */
function addressList(from: readonly string[] | undefined): (address: string) => boolean {
  if (!Array.isArray(from) || from.length === 0)
    throw configError(
      "remoteUser({ header }) needs the proxy's addresses, or clients could claim any name. Add from: ['127.0.0.1'], with the address of your proxy.",
    )
  const list = new BlockList()
  for (const entry of from) addEntry(list, entry)
  return (address) => {
    const withoutZone = address.replace(/%.*$/, '')
    return isIP(withoutZone) !== 0 && list.check(withoutZone, familyOf(withoutZone))
  }
}

const PREFIX_LENGTH = { ipv4: 32, ipv6: 128 } as const

function addEntry(list: BlockList, entry: string): void {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  const family = familyOf(address)
  const prefix = Number(bits ?? PREFIX_LENGTH[family])
  if (isIP(address) === 0 || prefix > PREFIX_LENGTH[family])
    throw configError(
      `remoteUser({ from }) must be a list of addresses and networks, such as "10.0.0.0/8"; "${entry}" is neither.`,
    )
  list.addSubnet(address, prefix, family)
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')
