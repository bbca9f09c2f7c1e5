import { randomBytes, randomFillSync } from 'node:crypto'

/** `size` unpredictable octets. Tests pass a counted sequence in its place. */
export type Random = (size: number) => Uint8Array

/** Octets drawn from the system at a time: a draw costs some twenty times what handing out sixteen of them does. */
const DRAWN = 4096
const drawn = Buffer.allocUnsafeSlow(DRAWN)
let used = DRAWN

/** The system's. Nothing is handed out twice, and what was handed out is not kept. */
export const systemRandom: Random = (size) => {
  if (size > DRAWN / 4) return randomBytes(size)
  if (used + size > DRAWN) {
    randomFillSync(drawn)
    used = 0
  }
  const bytes = new Uint8Array(size)
  bytes.set(drawn.subarray(used, used + size))
  drawn.fill(0, used, used + size)
  used += size
  return bytes
}

/** 128 random bits as 32 lower-case hexadecimal digits, the form Simple JWT gives to `jti`. */
export const hexId = (random: Random): string => Buffer.from(random(16)).toString('hex')
