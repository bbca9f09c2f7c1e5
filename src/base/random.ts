import { randomBytes } from 'node:crypto'

/** `size` unpredictable octets. Tests pass a counted sequence in its place. */
export type Random = (size: number) => Uint8Array

export const systemRandom: Random = (size) => randomBytes(size)

/** 128 random bits as 32 lower-case hexadecimal digits, the form Simple JWT gives to `jti`. */
export const hexId = (random: Random): string => Buffer.from(random(16)).toString('hex')
