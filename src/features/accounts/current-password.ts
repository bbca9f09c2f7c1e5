import { minutes } from '../../base/clock.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { clientNetwork } from './new-password.ts'

/** A stolen access token must not allow guessing the password. */
const LIMIT: Limit = { limit: 5, per: minutes(15) }

/**
 * Requires the password of a user who is signed in. An attempt is counted before it is hashed, and taken back if it was right.
 *
 * @throws AuthError `invalid`, whose body names `current_password`; `throttled`; `busy`
 */
export async function requireCurrentPassword(
  { user, hash }: Account,
  password: string,
  { passwords, hits, clock, audit }: Core,
): Promise<void> {
  const now = clock()
  const key = keyOf('current_password', user.id)
  const counted = await hits.hit(key, LIMIT, now)
  if (counted.kind === 'full')
    throw throttled('throttled by wrong current passwords', counted.wait)
  const { kind } = await passwords.verify([password], hash, clientNetwork())
  if (kind === 'right') return hits.takeBack(key, LIMIT, now)
  void audit.record({ kind: 'sign_in_failed', userId: user.id })
  throw fieldError({ current_password: ['Invalid password.'] })
}
