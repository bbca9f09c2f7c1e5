/**
 * ECDSA signatures in their two forms: r and s side by side, each as long as the curve's coordinates (RFC 7518 §3.4), and the
 * DER that OpenSSL works with (RFC 3279 §2.2.3). Converted here since Node is up to twice as fast with a bare key, which
 * takes DER alone. What is converted lies in a buffer made once, until the next is: a view of it costs less than its own octets.
 */

/** Of the longest: P-521, in DER with both numbers' first bit set. */
const der = Buffer.allocUnsafeSlow(141)
const raw = Buffer.allocUnsafeSlow(132)

/**
 * @param signature r and s, `octets` each
 * @returns its one DER form, good until the next is converted; `undefined` where a half is zero, which no signature has
 */
export function derFromRaw(signature: Uint8Array, bytes: number): Uint8Array | undefined {
  const r = firstOf(signature, 0, bytes)
  const s = firstOf(signature, bytes, 2 * bytes)
  if (r === bytes || s === 2 * bytes) return undefined
  const length = sizeOf(signature, r, bytes) + sizeOf(signature, s, 2 * bytes) + 4
  let at = 0
  der[at++] = 0x30
  if (length > 127) der[at++] = 0x81
  der[at++] = length
  at = writeInteger(at, signature, r, bytes)
  at = writeInteger(at, signature, s, 2 * bytes)
  return der.subarray(0, at)
}

/** The first octet that is not zero. */
function firstOf(signature: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && signature[i] === 0) i++
  return i
}

/** Octets of a number: one more where its first bit is set, which would make it negative. */
const sizeOf = (signature: Uint8Array, start: number, end: number): number =>
  end - start + (signature[start]! >> 7)

function writeInteger(
  start: number,
  signature: Uint8Array,
  from: number,
  end: number,
): number {
  let at = start
  der[at++] = 0x02
  der[at++] = sizeOf(signature, from, end)
  if (signature[from]! >> 7 === 1) der[at++] = 0
  for (let i = from; i < end; i++) der[at++] = signature[i]!
  return at
}

/** @param signature in DER, as OpenSSL made it @returns r and s side by side, good until the next is converted */
export function rawFromDer(signature: Uint8Array, bytes: number): Buffer {
  let at = signature[1] === 0x81 ? 3 : 2
  for (const end of [bytes, 2 * bytes]) {
    const first = at + 2
    at = first + signature[at + 1]!
    // From the last digit on. What is longer than a coordinate has a zero in front.
    for (let to = end - 1, from = at - 1; to >= end - bytes; to--, from--)
      raw[to] = from >= first ? signature[from]! : 0
  }
  return raw.subarray(0, 2 * bytes)
}
