import { hash } from 'node:crypto'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { AuthRequest } from './request.ts'

/** The address of a client of which neither the header nor the connection has one (RFC 7239 §6.2). */
export const UNKNOWN_ADDRESS = 'unknown'

/**
 * The client's address behind `proxies` trusted proxies, each of which appends its client to `X-Forwarded-For`: that many
 * entries from the right. Entries further left come from the client and may be forged (D10).
 *
 * @param proxies `null` trusts the whole header, as Django REST framework does by default: a forged one evades every limit
 * @see Django REST framework's setting `NUM_PROXIES`
 */
export function clientAddress(
  request: Pick<AuthRequest, 'address' | 'header'>,
  proxies: number | null,
): string {
  if (proxies === 0) return request.address
  // Throttles limit a client without an address less, so no client may choose to have none.
  return (
    forwardedAddress(request.header('x-forwarded-for'), proxies) ||
    request.address ||
    UNKNOWN_ADDRESS
  )
}

function forwardedAddress(forwarded = '', proxies: number | null): string | undefined {
  if (proxies === null) return forwarded.replace(/\s+/g, '')
  const entries = forwarded.split(',')
  const entry = (entries.at(-proxies) ?? entries[0] ?? '').trim()
  if (isIP(hostOf(entry)) === 0) return undefined
  return entry
}

/** Limit in characters of a part of a key; a longer one is replaced by its digest. */
const LONGEST = 64

/** Bounds a client's text that becomes part of a key. */
export function truncateAddress(text: string): string {
  if (text.length <= LONGEST) return text
  return `sha256:${hash('sha256', text, 'base64url')}`
}

/**
 * The network that throttles count as one client: an IPv4 address; the /64 of an IPv6 address, since a subscriber has a
 * whole one (rule P9). A port, as some proxies append it, is removed. Other texts get a prefix, so that they equal no user's id.
 *
 * @param bits of an IPv6 network: 48 for a whole site (RFC 6177), whose networks of 64 are up to 65,536
 */
export function networkOf(address: string, bits: 48 | 64 = 64): string {
  if (isIPv4(address)) return address
  // A dual-stack socket shows IPv4 clients like this; they are common, so they are not parsed.
  if (address.startsWith('::ffff:') && isIPv4(address.slice(7))) return address.slice(7)
  const host = hostOf(address)
  if (isIPv4(host)) return host
  if (!isIPv6(host)) return `unknown:${truncateAddress(address)}`
  const ip = ipaddr.IPv6.parse(host)
  if (WITH_IPV4.includes(ip.range())) return ip.toByteArray().slice(12).join('.')
  const groups = ip.parts.slice(0, bits / 16).map((group) => group.toString(16))
  return `${groups.join(':')}::/${bits}`
}

/** Ranges that have an IPv4 address at the end: mapped (RFC 4291 §2.5.5.2) and translated (RFC 6052 §2.1). */
const WITH_IPV4 = ['ipv4Mapped', 'rfc6052']

/** The address without port, brackets and zone. */
function hostOf(address: string): string {
  if (isIPv6(address)) return address.replace(/%.*$/, '')
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(address) ?? []
  const [, ipv4] = /^([\d.]+):\d+$/.exec(address) ?? []
  return (bracketed ?? ipv4 ?? address).replace(/%.*$/, '')
}
