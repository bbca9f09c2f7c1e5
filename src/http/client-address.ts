import { hash } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { AuthRequest } from './request.ts'

/**
 * The client's address, where `proxies` of them stand in front and each appends to `X-Forwarded-For` whom it was asked by:
 * so many from the right, since what stands further left is what the client says (D10).
 *
 * @param proxies `null` believes the whole header, as Django REST framework does by default: whoever forges it evades every
 *   limit
 * @see specification 6.8, the table of NUM_PROXIES
 */
export function clientAddress(
  request: Pick<AuthRequest, 'address' | 'header'>,
  proxies: number | null,
): string {
  if (proxies === 0) return request.address
  const forwarded = request.header('x-forwarded-for')
  if (proxies === null) return forwarded ? forwarded.replace(/\s+/g, '') : request.address
  if (forwarded === undefined) return request.address
  const entries = forwarded.split(',')
  return entries[Math.max(0, entries.length - proxies)]!.trim()
}

/** Characters that a part of a key may have; what is longer is counted by its digest. */
const LONGEST = 64

/** A text as a part of a key: short, whoever made it up. */
export const truncateAddress = (text: string): string =>
  text.length <= LONGEST ? text : `sha256:${hash('sha256', text, 'base64url')}`

/**
 * Who is counted as one behind an address: an IPv4 address; the /64 of an IPv6 one, since that is what one subscriber gets
 * (rule P9). A port, as some proxies append it, is left out. What is no address is never the same as a user's id.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address
  // How a socket for both kinds shows an IPv4 client: most of them, so it is not taken apart.
  if (address.startsWith('::ffff:') && isIPv4(address.slice(7))) return address.slice(7)
  const host = isIPv6(address) ? address.replace(/%.*$/, '') : hostOf(address)
  if (isIPv4(host)) return host
  if (!isIPv6(host)) return `unknown:${truncateAddress(address)}`
  const groups = groupsOf(host)
  if (WITH_IPV4.has(groups.slice(0, 6).join(':'))) return ipv4Of(groups)
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** Prefixes before an IPv4 address: as a socket for both kinds shows one (RFC 4291 §2.5.5.2), and translated (RFC 6052 §2.1). */
const WITH_IPV4 = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'])

/** What stands beside a port or in brackets. */
function hostOf(address: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(address) ?? []
  const [, ipv4] = /^([\d.]+):\d+$/.exec(address) ?? []
  return (bracketed ?? ipv4 ?? address).replace(/%.*$/, '')
}

/** The eight groups of an IPv6 address, in lower-case hexadecimal without leading zeros. */
function groupsOf(host: string): readonly string[] {
  const [left = [], right] = host.split('::').map(writtenGroups)
  const zeros =
    right === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...(right ?? [])]
}

const writtenGroups = (text: string): readonly string[] =>
  text === ''
    ? []
    : text
        .split(':')
        .flatMap((group) => (group.includes('.') ? hexOf(group) : [hex(`0x${group}`)]))

const hex = (number: number | string): string => Number(number).toString(16)

/** The two groups that an IPv4 address at the end stands for. */
function hexOf(ipv4: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return [hex(a * 256 + b), hex(c * 256 + d)]
}

const ipv4Of = (groups: readonly string[]): string =>
  groups
    .slice(6)
    .map((group) => Number(`0x${group}`))
    .flatMap((pair) => [pair >> 8, pair & 255])
    .join('.')
