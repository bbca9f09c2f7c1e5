import { randomBytes, randomFillSync } from 'node:crypto'

/** Returns `size` unpredictable bytes. Tests pass a counted sequence. */
export type Random = (size: number) => Uint8Array

/** Bytes are drawn in bulk: a call of the system costs twenty times a copy of sixteen bytes. */
const POOL_SIZE = 4096
const pool = Buffer.allocUnsafeSlow(POOL_SIZE)
let used = POOL_SIZE

/** The system's random bytes. The pool never returns a byte twice and zeroes what it returned. */
export const systemRandom: Random = (size) => {
  if (size > POOL_SIZE / 4) return randomBytes(size)
  if (used + size > POOL_SIZE) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = new Uint8Array(size)
  bytes.set(pool.subarray(used, used + size))
  pool.fill(0, used, used + size)
  used += size
  return bytes
}

/** 128 random bits as 32 lower-case hexadecimal digits, the form of Simple JWT's `jti`. */
export const hexId = (random: Random): string => Buffer.from(random(16)).toString('hex')
