const MOST_OCTETS = 254
const MOST_LOCAL_OCTETS = 64

const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+"
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
/** One address, dots only between atoms and a domain of two labels or more; ASCII, so that no normalization makes it another's. */
const SHAPE = new RegExp(`^(${ATOM}(?:\\.${ATOM})*)@${LABEL}(?:\\.${LABEL})+$`)

/** What is wrong with an email address (O6), in Django's words. */
export function emailFault(address: string): string | undefined {
  const local = address.length <= MOST_OCTETS ? SHAPE.exec(address)?.[1] : undefined
  // `=?` begins an encoded word (RFC 2047 §2), which a mail program may read as something else.
  const holds =
    local !== undefined && local.length <= MOST_LOCAL_OCTETS && !local.includes('=?')
  return holds ? undefined : 'Enter a valid email address.'
}

/** An address as it is kept: its domain, which knows no letter case, in lower case. */
export function emailOf(address: string): string {
  const domain = address.lastIndexOf('@') + 1
  return address.slice(0, domain) + address.slice(domain).toLowerCase()
}
