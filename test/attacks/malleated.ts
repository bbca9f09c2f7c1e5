import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'

/** The orders of the groups (SEC 2 §2.4.2, §2.5.1, §2.6.1). */
const ORDERS: { readonly [curve: string]: bigint } = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
}

/** The token with the second valid ECDSA signature: (r, n − s) for (r, s). Other strings stay as they are. */
export function malleated(token: string, alg: Algorithm): string {
  const details = ALGORITHMS[alg]
  if (details.kind !== 'ec') throw new Error(`a signature of ${alg} has one form`)
  const dot = token.lastIndexOf('.') + 1
  const raw = Buffer.from(token.slice(dot), 'base64url')
  const s =
    raw.length === 2 * details.bytes
      ? BigInt(`0x${raw.toString('hex', details.bytes)}`)
      : 0n
  if (s === 0n || s >= ORDERS[details.curve]!) return token
  const other = (ORDERS[details.curve]! - s).toString(16).padStart(2 * details.bytes, '0')
  const half = raw.subarray(0, details.bytes)
  return (
    token.slice(0, dot) +
    Buffer.concat([half, Buffer.from(other, 'hex')]).toString('base64url')
  )
}
