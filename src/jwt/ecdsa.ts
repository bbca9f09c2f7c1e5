/**
 * Converts ECDSA signatures between the form of tokens, r and s side by side with the length of a coordinate each
 * (RFC 7518 §3.4), and the DER form of OpenSSL (RFC 3279 §2.2.3).
 *
 * Node converts too, but only for a key in an options object, and verifying with a bare key is up to twice as fast. Results are
 * views of two buffers that the next conversion overwrites: a view costs less than new memory.
 */

/** The longest: P-521, with a leading zero in both integers. */
const der = Buffer.allocUnsafeSlow(141)
const raw = Buffer.allocUnsafeSlow(132)

const SEQUENCE = 0x30
const INTEGER = 0x02
/** The length follows in one byte more (X.690 §8.1.3.5). */
const LONG_FORM = 0x81

/**
 * @param signature r and s
 * @param bytes length of each
 * @returns its DER form, valid until the next call; `undefined` if r or s is zero, which no valid signature has
 */
export function derFromRaw(signature: Uint8Array, bytes: number): Uint8Array | undefined {
  const r = firstNonZero(signature, 0, bytes)
  const s = firstNonZero(signature, bytes, 2 * bytes)
  if (r === bytes || s === 2 * bytes) return undefined
  const length =
    integerLength(signature, r, bytes) + integerLength(signature, s, 2 * bytes) + 4
  let at = 0
  der[at++] = SEQUENCE
  if (length > 127) der[at++] = LONG_FORM
  der[at++] = length
  at = writeInteger(at, signature, r, bytes)
  at = writeInteger(at, signature, s, 2 * bytes)
  return der.subarray(0, at)
}

function firstNonZero(signature: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && signature[i] === 0) i++
  return i
}

/** An integer whose first bit is set needs a zero byte in front: DER integers are signed. */
const integerLength = (signature: Uint8Array, start: number, end: number): number =>
  end - start + firstBit(signature, start)

const firstBit = (bytes: Uint8Array, at: number): number => (bytes[at] as number) >> 7

function writeInteger(
  start: number,
  signature: Uint8Array,
  from: number,
  end: number,
): number {
  let at = start
  der[at++] = INTEGER
  der[at++] = integerLength(signature, from, end)
  if (firstBit(signature, from) === 1) der[at++] = 0
  for (let i = from; i < end; i++) der[at++] = signature[i] as number
  return at
}

/**
 * @param signature in DER, as OpenSSL makes it
 * @param bytes length of a coordinate
 * @returns r and s side by side, valid until the next call
 */
export function rawFromDer(signature: Uint8Array, bytes: number): Buffer {
  let at = signature[1] === LONG_FORM ? 3 : 2
  for (const end of [bytes, 2 * bytes]) {
    const first = at + 2
    at = first + (signature[at + 1] as number)
    // From the last byte backwards: a zero in front of the integer falls off, and missing bytes are zero.
    for (let to = end - 1, from = at - 1; to >= end - bytes; to--, from--)
      raw[to] = from >= first ? (signature[from] as number) : 0
  }
  return raw.subarray(0, 2 * bytes)
}
