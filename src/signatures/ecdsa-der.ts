const INTEGER = 0x02
const SEQUENCE = 0x30

/**
 * An ECDSA signature as `r` and `s` of a fixed size, from the DER that older libraries write (RFC 3279 §2.2.3).
 *
 * @param size of `r` and of `s`, in bytes
 * @returns `undefined` if it is not such a DER
 */
export function ecdsaFromDer(
  der: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  const r = integerAt(der, 2)
  const s = r && integerAt(der, r.end)
  const isWhole = der[0] === SEQUENCE && der[1] === der.length - 2
  if (r === undefined || s?.end !== der.length || !isWhole) return undefined
  const raw = new Uint8Array(2 * size)
  for (const [{ bytes }, end] of [
    [r, size],
    [s, 2 * size],
  ] as const) {
    if (bytes.length > size) return undefined
    raw.set(bytes, end - bytes.length)
  }
  return raw
}

interface Integer {
  /** Without the zeros in front. */
  readonly bytes: Uint8Array
  readonly end: number
}

function integerAt(der: Uint8Array, start: number): Integer | undefined {
  const end = start + 2 + (der[start + 1] ?? 0)
  if (der[start] !== INTEGER || end > der.length) return undefined
  const padded = der.subarray(start + 2, end)
  const first = padded.findIndex((byte) => byte !== 0)
  return { bytes: padded.subarray(first === -1 ? padded.length : first), end }
}
