import ipaddr from 'ipaddr.js'

/** All of IPv6 that is assigned for use between sites (RFC 4291 §2.4). NAT64 and IPv4-mapped addresses are outside. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Public by its range, but every virtual machine of Azure reaches its host's services at it. */
const AZURE_HOST = '168.63.129.16'

/**
 * Whether an address is one of the public Internet: not private, loopback, link-local (where clouds have their metadata), shared
 * (CGNAT), multicast, for documentation or reserved, and none that carries an IPv4 address inside.
 *
 * @see the special-purpose registries of IANA (RFC 6890)
 */
export function isPublicAddress(address: string): boolean {
  // A zone (`fe80::1%eth0`) is of this machine.
  if (address.includes('%') || !ipaddr.isValid(address)) return false
  const ip = ipaddr.parse(address)
  if (ip.range() !== 'unicast') return false
  if (ip instanceof ipaddr.IPv6) return ip.match(GLOBAL_IPV6)
  return ip.toString() !== AZURE_HOST
}
