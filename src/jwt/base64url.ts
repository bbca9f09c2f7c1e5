/**
 * The octets of a base64url text (RFC 4648 §5) in its one canonical spelling: no padding, no white space, no foreign
 * character, spare bits zero. Node's decoder skips what it does not know, so the text is made again and compared.
 *
 * @returns `undefined` where the text is spelled otherwise
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}
