import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import { openText } from '../../keys/sealed-text.ts'
import type { Core } from '../core.ts'
import type { FoundSigningKey, SigningAlgorithm, SigningKeyId } from './signing-key.ts'
import { signingKeyStore } from './store.ts'

/** The purpose of the keys that seal secrets. */
export const SEALED = 'signing keys'

/** What a key is checked with. */
export type KeyMaterial =
  | { readonly secret: Buffer; readonly publicKey?: undefined }
  | { readonly publicKey: Jwk; readonly secret?: undefined }

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
    material: materialOf(found, core),
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

function materialOf(
  { id, publicKey, sealed }: FoundSigningKey,
  { derivedKeys }: Pick<Core, 'derivedKeys'>,
): KeyMaterial {
  if (publicKey !== undefined) return { publicKey }
  for (const key of derivedKeys(SEALED)) {
    const text = openText(sealed ?? '', id, key)
    if (text !== undefined) return { secret: Buffer.from(text) }
  }
  throw new AuthError(
    'wrong_secret',
    'The secrets of signed requests (auth.signingKeys) in the database cannot be decrypted with this secret: set the secret they were created with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one).',
  )
}
