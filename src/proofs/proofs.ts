import { hash } from 'node:crypto'
import type { UnixSeconds } from '../base/clock.ts'

/**
 * The port of values that are accepted once: ids of signed tokens, nonces of signed requests. It keeps digests, and each only for as long
 * as the value would be accepted.
 */
export interface Proofs {
  /**
   * Records that a value is presented. Atomic: of concurrent presentations in any number of processes one is the first.
   *
   * @param key see `proofKey`
   * @param until the last moment at which the value would be accepted
   * @returns `true` for the first presentation only
   * @throws AuthError `store_unavailable`: it is not known whether there was one before
   */
  use(key: Buffer, until: UnixSeconds, now: UnixSeconds): Promise<boolean>
  /** Deletes up to `limit` values that would not have been accepted after `moment`. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}

/** What a value proves: values of one kind do not use up those of another. */
export type ProofKind =
  | 'dpop'
  | 'client_assertion'
  | 'draft_cavage'
  | 'hawk'
  | 'http_signature'
  | 'logout_token'
  | 'exchanged_token'
  | 'pushed_request'

/** @param issuer who made the value, such as a client or the thumbprint of a key: others cannot use it up */
export const proofKey = (kind: ProofKind, issuer: string, value: string): Buffer =>
  hash('sha256', JSON.stringify([kind, issuer, value]), 'buffer')
