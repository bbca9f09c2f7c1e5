import type { UnixSeconds } from '../../base/clock.ts'
import type { Algorithm } from '../../jwt/algorithms.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import { SIGNATURE_ALGORITHMS } from '../../signatures/signature-algorithms.ts'
import type { UserId } from '../../users/user.ts'

export type SigningKeyId = string & { readonly __is: 'SigningKeyId' }

/**
 * What a key may be used with: the algorithms of RFC 9421 §3.3, and Hawk's. Each key has one, so that no request can choose another.
 * The value is the algorithm of JOSE that checks a public key; `undefined`: both sides have a secret.
 */
export const SIGNING_ALGORITHMS = {
  ...SIGNATURE_ALGORITHMS,
  'hmac-sha256': undefined,
  'hawk-sha256': undefined,
} as const satisfies Readonly<Record<string, Algorithm | undefined>>

export type SigningAlgorithm = keyof typeof SIGNING_ALGORITHMS

/** Whose key it is: that of a user or of an application. */
export type SigningKeyOwner =
  | { readonly userId: string; readonly clientId?: undefined }
  | { readonly clientId: string; readonly userId?: undefined }

/** A key with which requests are signed. Its secret is not shown again. */
export interface SigningKey {
  /** What requests name: the `keyid` of RFC 9421, the `id` of Hawk. */
  readonly id: string
  /** `undefined`: it is an application's. */
  readonly userId: string | undefined
  readonly clientId: string | undefined
  readonly algorithm: SigningAlgorithm
  /** The public key; `undefined` if the algorithm has a secret. */
  readonly publicKey: Jwk | undefined
  /** What it is limited to. */
  readonly scopes: readonly string[]
  /** What it is for. */
  readonly label: string | undefined
  /** Seconds since 1970. */
  readonly createdAt: number
  /** `undefined`: valid until it is revoked. */
  readonly expiresAt: number | undefined
  /** Within a minute. */
  readonly lastUsedAt: number | undefined
  /** The id of the key that follows it. */
  readonly replacedBy: string | undefined
}

/** A key, and its secret, which only the call that makes it returns. */
export interface ShownSigningKey {
  readonly key: SigningKey
  /** Text: the bytes of its UTF-8 are the secret of the HMAC. `undefined` of a public key. */
  readonly secret: string | undefined
}

/** The row. */
export interface StoredSigningKey extends SigningKey {
  readonly id: SigningKeyId
  readonly userId: UserId | undefined
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds | undefined
  readonly lastUsedAt: UnixSeconds | undefined
  /** The secret, sealed. */
  readonly sealed: string | undefined
}

/** A row, and whether its owner is active: not deactivated, disabled or deleted. */
export interface FoundSigningKey extends StoredSigningKey {
  readonly isOwnerActive: boolean
}

/** The row without its secret. */
export const publicSigningKey = ({
  sealed: _,
  ...key
}: StoredSigningKey): SigningKey => ({ ...key })

/** The port to the keys. Each function is one statement or one transaction. */
export interface SigningKeys {
  /** @returns `false` if the owner does not exist or is disabled, or a key has this id */
  insert(key: StoredSigningKey): Promise<boolean>
  /** An expired key is not found, so that it is answered like an unknown one. */
  find(id: string, now: UnixSeconds): Promise<FoundSigningKey | undefined>
  /** The newest first, expired ones too. @param owner default: all */
  list(
    owner: SigningKeyOwner | undefined,
    limit: number,
  ): Promise<readonly StoredSigningKey[]>
  /**
   * Adds the key that follows another one, which expires at `until` if not before. Of concurrent calls for one key one succeeds.
   *
   * @returns `false` if the key is expired, was replaced before, or its owner is gone
   */
  replace(
    id: SigningKeyId,
    next: StoredSigningKey,
    until: UnixSeconds,
    now: UnixSeconds,
  ): Promise<boolean>
  /** Writes when a key was last used. Calls within a tenth of a second share a statement. */
  touch(id: SigningKeyId, now: UnixSeconds): Promise<void>
  /** @param owner whose key it must be. Default: anyone's @returns the key that was deleted */
  delete(id: string, owner?: SigningKeyOwner): Promise<StoredSigningKey | undefined>
  /** @returns how many */
  deleteAll(owner: SigningKeyOwner): Promise<number>
  /** Deletes up to `limit` keys that expired before `moment`. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
