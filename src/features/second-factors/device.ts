import type { UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'

export type DeviceId = string & { readonly __is: 'DeviceId' }

/** A browser or an app on which a user has asked not to be asked for a second factor for a while. */
export interface RememberedDevice {
  readonly id: DeviceId
  readonly userId: UserId
  /** The user's at the sign-in: another password makes the device unknown. */
  readonly epoch: number
  /** SHA-256, in base64url, of 256 random bits that the device has. */
  readonly digest: string
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds
  readonly lastUsedAt: UnixSeconds
  readonly address: string | undefined
  readonly userAgent: string | undefined
}

/** What a client presents, and whose it must be. */
export interface PresentedDevice {
  readonly userId: UserId
  readonly epoch: number
  /** Of all values that it has sent: a browser may have two cookies of one name. */
  readonly digests: readonly string[]
}

/** The port to remembered devices. Each function is one statement. */
export interface Devices {
  /** @returns `false` if the user does not exist or has another epoch */
  insert(device: RememberedDevice): Promise<boolean>
  /** Marks a device as used, if it is known and not expired. @returns whether it is */
  use(presented: PresentedDevice, now: UnixSeconds): Promise<boolean>
  /** Those of the user that are known, the newest first. */
  list(
    user: Pick<RememberedDevice, 'userId' | 'epoch'>,
    now: UnixSeconds,
  ): Promise<readonly RememberedDevice[]>
  /** All rows of the user, also of devices that are not known any more. */
  listAll(userId: UserId): Promise<readonly RememberedDevice[]>
  /** @returns `false` if the user has no such device */
  delete(id: DeviceId, userId: UserId): Promise<boolean>
  /** @param except the digests of devices that stay @returns how many it deleted */
  deleteAll(userId: UserId, except?: readonly string[]): Promise<number>
  /** Deletes up to `limit` that have expired before `moment`, or whose user has another epoch or is gone. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
