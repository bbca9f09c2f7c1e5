/**
 * ECDSA signatures in their two forms: r and s side by side, each as long as the curve's coordinates (RFC 7518 §3.4), and the
 * DER that OpenSSL works with (RFC 3279 §2.2.3). Converted here since Node is up to twice as fast with a bare key, which
 * takes DER alone.
 */

/** @param raw r and s, `octets` each @returns its one DER form; `undefined` where a half is zero, which no signature has */
export function derOf(raw: Uint8Array, octets: number): Buffer | undefined {
  const r = firstOf(raw, 0, octets)
  const s = firstOf(raw, octets, 2 * octets)
  if (r === octets || s === 2 * octets) return undefined
  const rLength = octets - r + (raw[r]! >> 7)
  const sLength = 2 * octets - s + (raw[s]! >> 7)
  const length = rLength + sLength + 4
  const der = Buffer.alloc(length + (length > 127 ? 3 : 2))
  let at = 0
  der[at++] = 0x30
  if (length > 127) der[at++] = 0x81
  der[at++] = length
  at = writeInteger(der, at, raw.subarray(r, octets), rLength)
  writeInteger(der, at, raw.subarray(s, 2 * octets), sLength)
  return der
}

/** The first octet that is not zero. */
function firstOf(raw: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && raw[i] === 0) i++
  return i
}

function writeInteger(der: Buffer, start: number, digits: Uint8Array, length: number): number {
  der[start] = 0x02
  der[start + 1] = length
  const end = start + 2 + length
  der.set(digits, end - digits.length)
  return end
}

/** @param der as OpenSSL made it @returns r and s side by side */
export function rawOf(der: Uint8Array, octets: number): Buffer {
  const raw = Buffer.alloc(2 * octets)
  let at = der[1] === 0x81 ? 3 : 2
  for (const end of [octets, 2 * octets]) {
    const length = der[at + 1]!
    const digits = der.subarray(at + 2, at + 2 + length)
    const significant = digits[0] === 0 ? digits.subarray(1) : digits
    raw.set(significant, end - significant.length)
    at += 2 + length
  }
  return raw
}
