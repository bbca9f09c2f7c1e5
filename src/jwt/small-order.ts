import { bigIntOf } from './base64url.ts'

/**
 * Edwards curves have points of small order. With one as a public key, signatures can be made without a private key, and Node
 * accepts such keys.
 */
interface Curve {
  /** Length of a public key. */
  readonly bytes: number
  /** The prime of the field. */
  readonly p: bigint
  /** The y coordinates of the points whose order divides the cofactor. */
  readonly smallOrder: readonly bigint[]
}

const P25519 = 2n ** 255n - 19n
const P448 = 2n ** 448n - 2n ** 224n - 1n

/** One of the two y coordinates of order 8; the other is its negative. */
const Y_OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

const CURVES: Readonly<Record<'Ed25519' | 'Ed448', Curve>> = {
  Ed25519: {
    bytes: 32,
    p: P25519,
    smallOrder: [0n, 1n, P25519 - 1n, Y_OF_ORDER_8, P25519 - Y_OF_ORDER_8],
  },
  Ed448: { bytes: 57, p: P448, smallOrder: [0n, 1n, P448 - 1n] },
}

const SIGN_OF_X = 0x80

/** Whether a public key (RFC 8032 §5.1.2, §5.2.2) is a point of small order, or not encoded canonically. */
export function isOfSmallOrder(curve: 'Ed25519' | 'Ed448', key: Uint8Array): boolean {
  const { bytes, p, smallOrder } = CURVES[curve]
  if (key.length !== bytes) return true
  const [top = 0, ...rest] = key.toReversed()
  const y = bigIntOf(Uint8Array.of(top & ~SIGN_OF_X, ...rest))
  return y >= p || smallOrder.includes(y)
}
