import { AuthError } from '../../base/errors.ts'
import { forgottenAt } from '../../proofs/forgotten.ts'
import type { Proofs } from '../../proofs/proofs.ts'
import type { RedisConnection } from './redis-connection.ts'

/**
 * Values that are accepted once, as keys of Redis, which expire. While Redis does not answer, none is accepted: this process alone cannot
 * know whether another one has seen a value.
 *
 * @param stored those in the database, left over if there was no Redis before
 */
export const redisProofs = (
  connection: RedisConnection,
  prefix: string,
  stored: Pick<Proofs, 'flush'>,
): Proofs => ({
  async use(key, until, now) {
    const lifetime = Math.max(1, Math.ceil(1000 * (forgottenAt(until) - now)))
    const name = `${prefix}proof_${key.toString('base64url')}`
    const set = await connection.ask((redis) => redis.set(name, '', 'PX', lifetime, 'NX'))
    if (set !== undefined) return set === 'OK'
    throw new AuthError('store_unavailable', 'Redis does not answer', { retryAfter: 1 })
  },
  flush: (moment, limit) => stored.flush(moment, limit),
})
