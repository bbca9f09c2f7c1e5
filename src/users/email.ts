const MAX_BYTES = 254
const MAX_LOCAL_BYTES = 64

const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+"
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
/** One address: dots only between atoms, and a domain of two or more labels. ASCII only: no two normalize to the same. */
const SHAPE = new RegExp(`^(${ATOM}(?:\\.${ATOM})*)@${LABEL}(?:\\.${LABEL})+$`)

/** Validates an email address. @returns Django's message if it is invalid */
export function emailFault(address: string): string | undefined {
  if (isValid(address)) return undefined
  return 'Enter a valid email address.'
}

function isValid(address: string): boolean {
  if (address.length > MAX_BYTES) return false
  const [, local] = SHAPE.exec(address) ?? []
  if (local === undefined || local.length > MAX_LOCAL_BYTES) return false
  // `=?` begins an encoded word (RFC 2047 §2): a mail program may decode it to another address.
  return !local.includes('=?')
}

/** The stored form of an address: its domain, which is case-insensitive, in lower case. */
export function emailOf(address: string): string {
  const domain = address.lastIndexOf('@') + 1
  return address.slice(0, domain) + lowerCaseOf(address.slice(domain))
}

/** The form in which an address must be unique, and by which it is found: all of it in lower case. */
export const emailKey = (address: string): string => lowerCaseOf(address)

/**
 * ASCII only: `toLowerCase` turns the Kelvin sign into `k`, so that an address that no user can have would find another's
 * (CVE-2019-19844).
 */
const lowerCaseOf = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
