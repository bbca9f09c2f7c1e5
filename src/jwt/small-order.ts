import { bigIntOf } from './base64url.ts'

/** For a point of small order as public key, signatures can be made without a private one. Node takes such points. */
interface Curve {
  readonly bytes: number
  /** The prime of its field. */
  readonly p: bigint
  /** y of the points whose order divides the cofactor. */
  readonly y: readonly bigint[]
}

const P25519 = 2n ** 255n - 19n
const P448 = 2n ** 448n - 2n ** 224n - 1n

const CURVES: Readonly<Record<'Ed25519' | 'Ed448', Curve>> = {
  Ed25519: {
    bytes: 32,
    p: P25519,
    y: [
      0n,
      1n,
      P25519 - 1n,
      // The two of order eight.
      0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
      P25519 - 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
    ],
  },
  Ed448: { bytes: 57, p: P448, y: [0n, 1n, P448 - 1n] },
}

/** Whether a public key (RFC 8032 §5.1.2, §5.2.2) is such a point, or not spelled canonically. */
export function isOfSmallOrder(curve: 'Ed25519' | 'Ed448', key: Uint8Array): boolean {
  const { bytes, p, y: forbidden } = CURVES[curve]
  if (key.length !== bytes) return true
  const bigEndian = key.toReversed()
  // The topmost bit is the sign of x.
  bigEndian[0]! &= 0x7f
  const y = bigIntOf(bigEndian)
  return y >= p || forbidden.includes(y)
}
