import type { UnixSeconds } from '../../base/clock.ts'
import type { Core } from '../core.ts'
import { type KeyMaterial, materialOf } from './key-material.ts'
import type { SigningAlgorithm, SigningKeyId } from './signing-key.ts'
import { signingKeyStore } from './store.ts'

/** What a scheme of signed requests needs of a key. */
export interface UsableSigningKey {
  readonly id: SigningKeyId
  /** The only one that the key may be used with. */
  readonly algorithm: SigningAlgorithm
  readonly material: KeyMaterial
  readonly scopes: readonly string[]
  /** A deactivated user and a disabled application keep their keys, which must not pass meanwhile. */
  readonly owner: {
    readonly userId: string | undefined
    readonly clientId: string | undefined
    readonly isActive: boolean
  }
  readonly lastUsedAt: UnixSeconds | undefined
}

type FindCore = Pick<Core, 'ports' | 'derivedKeys' | 'clock'>

/**
 * The key that a request names. It costs one query.
 *
 * @param keyId as the request has it: anything
 * @returns `undefined` if there is no such key, or it has expired
 * @throws AuthError `store_unavailable`; `wrong_secret` if the instance's secrets do not open its secret
 */
export async function findSigningKey(
  keyId: string,
  core: FindCore,
): Promise<UsableSigningKey | undefined> {
  const found = await core.ports(signingKeyStore).signingKeys.find(keyId, core.clock())
  if (found === undefined) return undefined
  const { id, algorithm, scopes, userId, clientId, isOwnerActive, lastUsedAt } = found
  return {
    id,
    algorithm,
    material: materialOf(found, core.derivedKeys),
    scopes,
    owner: { userId, clientId, isActive: isOwnerActive },
    lastUsedAt,
  }
}

/** Uses within a minute of the last one are not written. */
const PRECISION = 60

/** Notes that a request was accepted. No answer waits for it; a use that cannot be written is lost. */
export function noteUse(
  { id, lastUsedAt = 0 as UnixSeconds }: UsableSigningKey,
  { ports, clock }: Pick<Core, 'ports' | 'clock'>,
): void {
  const now = clock()
  if (Math.abs(now - lastUsedAt) < PRECISION) return
  void ports(signingKeyStore)
    .signingKeys.touch(id, now)
    .catch(() => undefined)
}
