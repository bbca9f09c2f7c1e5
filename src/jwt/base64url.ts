/** The last characters whose spare bits are zero, by the length of the text modulo four (RFC 4648 §3.5). */
export const BASE64URL_LAST = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'] as const

const ALPHABET = /^[\w-]*$/

/**
 * The octets of a base64url text (RFC 4648 §5) in its one canonical spelling: no padding, no white space, no foreign
 * character, spare bits zero. In any runtime.
 *
 * @returns `undefined` where the text is spelled otherwise
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const last = BASE64URL_LAST[text.length % 4]
  if (
    !ALPHABET.test(text) ||
    (last !== undefined && !last.includes(text.charAt(text.length - 1)))
  )
    return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** The number that octets spell, the most significant first; at least one of them. */
export const bigIntOf = (bytes: Uint8Array): bigint =>
  BigInt(
    `0x${Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')}`,
  )
