import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import type { Account } from '../users/user.ts'

/** Computes and compares the revoke claim, which becomes invalid when the password changes. */
export interface RevokeClaim {
  make(account: Account): string
  /** Whether a token's claim is the account's, compared in constant time (D28). */
  matches(claim: unknown, account: Account): boolean
}

/**
 * Simple JWT's claim: the MD5 of the stored hash, in upper case. For tokens shared with Django services: it puts a fingerprint of
 * the hash into each token, and a hash upgraded at sign-in invalidates the user's other tokens (D9, D40).
 */
export const md5RevokeClaim: RevokeClaim = claimFrom(({ hash }) =>
  createHash('md5').update(hash).digest('hex').toUpperCase(),
)

/**
 * An HMAC of the user's epoch, which each password change increments. It reveals nothing about the password.
 *
 * @param keys claims are made with the first and may match any; at least one
 */
export function hmacRevokeClaim(keys: readonly Uint8Array[]): RevokeClaim {
  const claims = keys.map(hmacClaim)
  const [first] = claims
  if (first === undefined) throw new AuthError('invalid_key', 'no key for revoke claims')
  return {
    make: first.make,
    matches: (claim, account) => claims.some((each) => each.matches(claim, account)),
  }
}

const hmacClaim = (key: Uint8Array): RevokeClaim =>
  claimFrom(({ user }) =>
    createHmac('sha256', key).update(`${user.id} ${user.epoch}`).digest('base64url'),
  )

function claimFrom(make: (account: Account) => string): RevokeClaim {
  return {
    make,
    matches(claim, account) {
      if (typeof claim !== 'string') return false
      const [presented, expected] = [Buffer.from(claim), Buffer.from(make(account))]
      return presented.length === expected.length && timingSafeEqual(presented, expected)
    },
  }
}
