import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import type { Account } from '../users/user.ts'

/** Computes and compares the revoke claim, which becomes invalid when the password changes. */
export interface RevokeClaim {
  of(account: Account): string
  /** Compares in constant time (D28). */
  is(claim: unknown, account: Account): boolean
}

/**
 * Simple JWT's: the MD5 of the stored hash, in upper case. For tokens shared with Django services: it puts a fingerprint of
 * the hash into each token, and a hash upgraded at sign-in invalidates the user's other tokens (D9, D40).
 */
export const md5RevokeClaim: RevokeClaim = claimFrom(({ hash }) =>
  createHash('md5').update(hash).digest('hex').toUpperCase(),
)

/**
 * An HMAC of the user's epoch, which each password change increments. It reveals nothing about the password.
 *
 * @param keys the first makes claims, all accept them; at least one
 */
export function hmacRevokeClaim(keys: readonly Uint8Array[]): RevokeClaim {
  const claims = keys.map(hmacClaim)
  const [first] = claims
  if (first === undefined) throw new AuthError('invalid_key', 'no key for revoke claims')
  return {
    of: first.of,
    is: (claim, account) => claims.some((each) => each.is(claim, account)),
  }
}

const hmacClaim = (key: Uint8Array): RevokeClaim =>
  claimFrom(({ user }) =>
    createHmac('sha256', key).update(`${user.id} ${user.epoch}`).digest('base64url'),
  )

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
