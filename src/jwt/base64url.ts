/**
 * The last characters whose unused bits are zero, by the length of the text modulo 4 (RFC 4648 §3.5). No base64url text has a
 * length of 1 modulo 4.
 */
const CANONICAL_LAST = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'] as const

/** Whether the unused bits of the last character are zero, so that the bytes have one spelling only. */
export function endsCanonically(text: string): boolean {
  const allowed = CANONICAL_LAST[text.length % 4]
  return allowed === undefined || allowed.includes(text.charAt(text.length - 1))
}

const ALPHABET = /^[\w-]*$/

/**
 * Decodes base64url (RFC 4648 §5) in its one canonical spelling: no padding, no white space, unused bits zero. In any runtime.
 *
 * @returns `undefined` for any other spelling
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!ALPHABET.test(text) || !endsCanonically(text)) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** Encodes bytes as base64url without padding. In any runtime. */
export const encodeBase64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** How many characters of base64url so many bytes have. */
export const base64urlLength = (bytes: number): number => Math.ceil((bytes * 4) / 3)

/** The unsigned big-endian integer of at least one byte. */
export const bigIntOf = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Array.from(bytes, hexOf).join('')}`)

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0')
