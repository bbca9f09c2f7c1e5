import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Account } from '../users/user.ts'

/** How the revoke claim of an account is made and compared (specification 3.5). */
export interface RevokeClaim {
  of(account: Account): string
  /** In constant time (D28). */
  is(claim: unknown, account: Account): boolean
}

/**
 * Simple JWT's: the MD5 of the stored hash, in upper case. For tokens that Django services share; it puts a fingerprint of
 * the hash into each token, and a hash upgraded at sign-in ends the user's other tokens (D9, D40).
 */
export const md5RevokeClaim: RevokeClaim = claimFrom(({ hash }) =>
  createHash('md5').update(hash).digest('hex').toUpperCase(),
)

/**
 * Ours: keyed, and of the user's epoch, which each new password raises. Nothing of the password is in it (L4).
 *
 * @param keys the first writes, all are accepted
 */
export function hmacRevokeClaim(keys: readonly Uint8Array[]): RevokeClaim {
  const [first, ...older] = keys.map((key) =>
    claimFrom(({ user }) =>
      createHmac('sha256', key).update(`${user.id} ${user.epoch}`).digest('base64url'),
    ),
  )
  return {
    of: first!.of,
    is: (claim, account) => [first!, ...older].some((one) => one.is(claim, account)),
  }
}

function claimFrom(of: (account: Account) => string): RevokeClaim {
  return {
    of,
    is(claim, account) {
      if (typeof claim !== 'string') return false
      const [presented, expected] = [Buffer.from(claim), Buffer.from(of(account))]
      return presented.length === expected.length && timingSafeEqual(presented, expected)
    },
  }
}
