import { createSecretKey, type KeyObject } from 'node:crypto'
import { AuthError } from '../../base/errors.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import { openText } from '../../keys/sealed-text.ts'
import type { Core } from '../core.ts'
import type { FoundSigningKey } from './signing-key.ts'

/** The purpose of the keys that seal secrets. */
export const SEALED = 'signing keys'

/** What a key is checked with: one object as long as it is cached, so that what is made of it can be cached by it. */
export type KeyMaterial =
  | { readonly secret: KeyObject; readonly publicKey?: undefined }
  | { readonly publicKey: Jwk; readonly secret?: undefined }

type Row = Pick<FoundSigningKey, 'id' | 'publicKey' | 'sealed'>
type DerivedKeys = Core['derivedKeys']

interface Cached {
  /** The secret of one row must not open as that of another. */
  readonly id: string
  readonly material: KeyMaterial
}

type Cache = Map<string, Cached>

/** By the keys of an instance: those of another one may not open a secret. */
const CACHES = new WeakMap<DerivedKeys, Cache>()
const MOST = 1000

/**
 * What is checked with the key of a row that was just read. Opening a secret takes longer than an HMAC with it, so it is cached by the row.
 *
 * @throws AuthError `wrong_secret` if the instance's secrets do not open its secret
 */
export function materialOf(row: Row, derivedKeys: DerivedKeys): KeyMaterial {
  const cache = cacheOf(derivedKeys)
  const { id, sealed, publicKey } = row
  const name = sealed ?? JSON.stringify(publicKey)
  const known = cache.get(name)
  if (known?.id === id) return known.material
  const material = opened(row, derivedKeys)
  if (cache.size === MOST) cache.clear()
  cache.set(name, { id, material })
  return material
}

function cacheOf(derivedKeys: DerivedKeys): Cache {
  const known = CACHES.get(derivedKeys)
  if (known !== undefined) return known
  const cache: Cache = new Map()
  CACHES.set(derivedKeys, cache)
  return cache
}

function opened({ id, publicKey, sealed }: Row, derivedKeys: DerivedKeys): KeyMaterial {
  if (publicKey !== undefined) return { publicKey }
  for (const key of derivedKeys(SEALED)) {
    const text = openText(sealed ?? '', id, key)
    if (text !== undefined) return { secret: createSecretKey(Buffer.from(text)) }
  }
  throw new AuthError(
    'wrong_secret',
    'The secrets of signed requests (auth.signingKeys) in the database cannot be decrypted with this secret: set the secret they were created with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one).',
  )
}
