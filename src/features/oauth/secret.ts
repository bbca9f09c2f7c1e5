import { hash, timingSafeEqual } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { SecretDigest, StoredClient } from './client.ts'

/** A new secret of an application: 256 random bits, with a beginning that secret scanners know. */
export const newSecret = (random: Random): string =>
  `wws_${Buffer.from(random(32)).toString('base64url')}`

export const secretDigestOf = (secret: string): SecretDigest =>
  hash('sha256', secret, 'hex') as SecretDigest

/** Compared if an application has no secret or does not exist, so that both take as long. */
const NO_SECRET = secretDigestOf('')

/** Whether an application has this secret, or had it until a moment that is still to come. In constant time. */
export function isSecretOf(
  client: StoredClient | undefined,
  secret: string,
  now: UnixSeconds,
): boolean {
  const digest = secretDigestOf(secret)
  const { secret: current, previousSecret, previousSecretUntil = 0 } = client ?? {}
  const isCurrent = isSame(digest, current)
  const isPrevious = isSame(digest, previousSecret) && now < previousSecretUntil
  return isCurrent || isPrevious
}

function isSame(digest: SecretDigest, stored: SecretDigest | undefined): boolean {
  const isEqual = timingSafeEqual(Buffer.from(digest), Buffer.from(stored ?? NO_SECRET))
  return isEqual && stored !== undefined
}
