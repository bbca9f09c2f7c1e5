import { createHmac, hash } from 'node:crypto'
import type { Random } from '../../base/random.ts'
import type { CodeDigest } from './code.ts'
import type { CodePurpose } from './purposes.ts'

/** Returns 256 random bits in base64url: 43 characters. */
export const randomLink = (random: Random): string =>
  Buffer.from(random(32)).toString('base64url')

/** Returns random digits, each number equally likely. @param length at most 8 */
export function randomDigits(length: number, random: Random): string {
  const numbers = 10 ** length
  const fair = Math.floor(2 ** 32 / numbers) * numbers
  for (;;) {
    const drawn = Buffer.from(random(4)).readUInt32BE()
    if (drawn < fair) return String(drawn % numbers).padStart(length, '0')
  }
}

/** @param binding what else must be presented, such as the value of a cookie */
export const linkDigest = (secret: string, binding: string | undefined): CodeDigest =>
  hash('sha256', JSON.stringify([secret, binding ?? null]), 'base64url') as CodeDigest

export interface BoundDigits {
  readonly purpose: CodePurpose
  readonly target: string
  readonly binding: string | undefined
  readonly digits: string
}

/** Keyed, since all digits can be tried in a second (O9). */
export const digitsDigest = (
  { purpose, target, binding, digits }: BoundDigits,
  key: Uint8Array,
): CodeDigest =>
  createHmac('sha256', key)
    .update(JSON.stringify([purpose, target, binding ?? null, digits]))
    .digest('base64url') as CodeDigest
