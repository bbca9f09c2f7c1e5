import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { Algorithm, PublicJwk } from '../jwt/index.ts'

/** `next` is published and signs nothing yet, `current` signs, `retiring` only verifies until its last token has expired. */
export type Stage = 'next' | 'current' | 'retiring'

/** A signing key as the store keeps it. */
export interface KeyRecord {
  /** The `kid` of its tokens: the RFC 7638 thumbprint of the public part. */
  readonly id: string
  readonly algorithm: Algorithm
  readonly stage: Stage
  /** The public part as a JWK. */
  readonly publicJwk: PublicJwk
  /** The private part, encrypted with the instance's secret: see `seal.ts`. */
  readonly sealed: string
  readonly createdAt: UnixSeconds
  /** The longest lifetime of a token that it signs; it verifies for this long after it retires. */
  readonly tokenLife: Seconds
  /** With `retiring`: when the last token that it signed has expired. */
  readonly verifiesUntil: UnixSeconds | undefined
}

/** The port of signing keys. */
export interface Keys {
  list(): Promise<readonly KeyRecord[]>
  /** Writes the first keys if there are none: of several processes one succeeds. */
  seed(keys: readonly KeyRecord[]): Promise<boolean>
  /**
   * `current` retires until `verifiesUntil`, `next` becomes current, `fresh` becomes next: one transaction, and only
   * while `current` is still current. @returns whether this call did it
   */
  rotate(turn: {
    readonly current: string
    readonly next: string
    readonly fresh: KeyRecord
    readonly verifiesUntil: UnixSeconds
  }): Promise<boolean>
  /** Publishes `fresh` in place of `next`, and only while that is still next. @returns whether this call did it */
  replaceNext(next: string, fresh: KeyRecord): Promise<boolean>
  /** Replaces an encrypted private part, only while it is still `from`. @returns whether this call did it */
  reseal(id: string, from: string, to: string): Promise<boolean>
  /** Raises `tokenLife` of the current and the next key to this, if the options have changed since they were created. */
  extend(tokenLife: Seconds): Promise<void>
  /** From `moment` on no retiring key verifies anything. */
  endRetiring(moment: UnixSeconds): Promise<void>
  /** Deletes retiring keys whose `verifiesUntil` is before `moment`. @returns how many */
  flush(moment: UnixSeconds): Promise<number>
}
