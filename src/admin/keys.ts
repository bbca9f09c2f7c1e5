import type { AuditLog } from '../audit/audit-log.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import type {
  KeyRing,
  KeySummary,
  RotateOptions,
  RotationResult,
} from '../keys/key-ring.ts'

/** `auth.keys`. */
export interface KeyAdmin {
  list(): Promise<readonly KeySummary[]>
  /**
   * The next key becomes current, the current one verifies until its last token has expired, and a new next key is made. If the
   * next key was published only just now, this waits up to twenty seconds for other processes to learn of it.
   *
   * @param options.leaked the keys may be known to others: all are replaced and verify nothing from now on, so everyone has to
   *   sign in again
   * @throws AuthError `invalid_config` if the keys are given by `tokens.signingKey`; `busy` if another process rotates them now
   */
  rotate(options?: RotateOptions): Promise<RotationResult>
  /**
   * Encrypts the private keys with the first secret, and the key of pairwise subjects; after that the others are not needed for them.
   *
   * @returns how many it encrypted again
   */
  reseal(): Promise<number>
}

export interface KeyAdminDeps {
  readonly ring: KeyRing
  readonly audit: AuditLog
  /** Those of features that encrypt their keys again. */
  readonly reseals: readonly (() => Promise<number>)[]
}

export const keyAdmin = (open: () => Promise<KeyAdminDeps>): KeyAdmin => ({
  list: async () => (await open()).ring.list(),
  async rotate(options) {
    refuseUnknownOptions(
      options,
      { leaked: true, waits: true },
      argumentOf('keys.rotate'),
    )
    const { ring, audit } = await open()
    const rotation = await ring.rotate(options)
    const detail = { ...rotation, leaked: options?.leaked === true }
    await audit.record({ kind: 'keys_rotated', detail })
    return rotation
  },
  async reseal() {
    const { ring, reseals } = await open()
    let count = await ring.reseal()
    for (const reseal of reseals) count += await reseal()
    return count
  },
})
