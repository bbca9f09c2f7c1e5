import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, minutes } from '../base/clock.ts'

/** Nonces that a server issues for proofs (RFC 9449 §8). All processes with the same secret accept them, and none is stored. */
export interface ProofNonces {
  current(): string
  isCurrent(nonce: unknown): boolean
}

/** A nonce is accepted for this long at least, and for twice as long at most. */
const PERIOD = minutes(2)

/** @param keys the first makes nonces, all of them read some */
export function proofNonces(
  keys: () => readonly Uint8Array[],
  clock: Clock,
): ProofNonces {
  const periodNow = (): number => Math.floor(clock() / PERIOD)
  return {
    current: () => nonceOf(periodNow(), keys()[0] as Uint8Array),
    isCurrent(nonce) {
      if (typeof nonce !== 'string' || nonce.length !== LENGTH) return false
      const now = periodNow()
      const valid = keys().flatMap((key) => [nonceOf(now, key), nonceOf(now - 1, key)])
      return valid.some((each) => isSame(each, nonce))
    },
  }
}

/** Of 24 bytes in base64url. */
const LENGTH = 32

const nonceOf = (period: number, key: Uint8Array): string =>
  createHmac('sha256', key).update(String(period)).digest('base64url').slice(0, LENGTH)

const isSame = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
