import type { Seconds } from '../base/clock.ts'
import type { Algorithm, KeySource, PublicJwk, SigningKey } from '../jwt/index.ts'
import type { Stage } from './keys.ts'
import type { RefreshKeyRing } from './refresh-keys.ts'

/** A key without what is secret. Moments are in seconds since 1970. */
export interface KeySummary {
  readonly id: string
  readonly algorithm: Algorithm
  readonly stage: Stage
  readonly createdAt: number
  /** Until when a retiring key verifies tokens; `undefined` for other keys. */
  readonly verifiesUntil: number | undefined
}

/** The keys an instance signs and verifies with. */
export interface KeyRing {
  /** Verifiers hold this; its contents change with rotations. */
  readonly verifying: KeySource
  /** The public keys, for other services to verify with. */
  published(): { readonly keys: readonly PublicJwk[] }
  /** Ids of keys that verify nothing any more, for services that still have them cached. The same array until it changes. */
  withdrawn(): readonly string[]
  /** How long other services may cache the public keys. */
  readonly maxAge: Seconds
  /** @throws AuthError `invalid_config` if another process encrypted the signing key with a secret that is not known here */
  signing(): SigningKey
  readonly refresh: RefreshKeyRing
  list(): Promise<readonly KeySummary[]>
  /**
   * Makes the next key sign, once it has been published for long enough; until then it waits, for `settles` at most.
   *
   * @throws AuthError `invalid_config` if the keys are configured; `busy` if another process rotates at the same moment
   */
  rotate(options?: RotateOptions): Promise<RotationResult>
  /**
   * Rotates if it is due, by age or for another algorithm. Of several processes one rotates.
   *
   * @returns what it did, and the seconds until the next rotation may be due; `Infinity` if it never is
   */
  rotateWhenDue(): Promise<ScheduledRotation>
  /** Encrypts the private keys with the first secret, so that the others can be removed. @returns how many it changed */
  reseal(): Promise<number>
  /** Reads the keys again: another process may have rotated them. */
  reload(): Promise<void>
}

export interface RotateOptions {
  /** The keys may be known to others: all are replaced at once and verify nothing from now on. */
  readonly leaked?: boolean
  /** Called with the seconds that it waits, if it does. */
  readonly waits?: (length: number) => void
}

/** The stages after a rotation, by key. */
export interface RotationResult {
  readonly current: string
  readonly retiring: string
  readonly next: string
}

export interface ScheduledRotation {
  /** `undefined` if it was not due, or another process rotated. */
  readonly rotated: RotationResult | undefined
  readonly left: Seconds
}
