import { parseSecureUrl } from '../base/fetch-json.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import type { Algorithm } from './algorithms.ts'
import type { Jwk } from './jwk.ts'
import type { PublicJwk, VerifyingKey } from './key.ts'
import type { KeySource } from './key-set.ts'
import { importVerifyingKey, thumbprintOf } from './public-key.ts'
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.ts'

export interface RemoteKeySetOptions extends RemoteKeysOptions {
  /** The algorithm of the tokens. Keys for other algorithms are ignored. */
  readonly algorithm: Algorithm
}

const OPTIONS = {
  maxAge: true,
  maxStale: true,
  coolDown: true,
  timeout: true,
  fetch: true,
  elapsed: true,
  onError: true,
} as const

/**
 * The public keys that another issuer publishes at `url` (RFC 7517 §5), for `verifier`.
 *
 * They are fetched when the first token comes, when the copy is older than `maxAge` or its `Cache-Control`, and when a token names
 * an unknown key, but at most once per `coolDown`. The last good copy stays in use through an outage, for `maxStale`. Without a
 * copy `verify` rejects with `keys_unavailable`.
 *
 * @param url https; plain http is allowed for localhost
 * @throws AuthError `invalid_config` for any other address
 */
export function remoteKeySet(
  url: string,
  { algorithm, ...options }: RemoteKeySetOptions,
): KeySource {
  refuseUnknownOptions(options, OPTIONS, argumentOf('remoteKeySet'))
  const importKeys = (entries: readonly unknown[]): readonly PublishedKey[] => {
    // Keys that cannot be used are ignored: they are for other clients (RFC 7517 §5).
    const keys = entries.map((entry) => importPublished(entry as Jwk, algorithm))
    return keys.filter((key) => key !== undefined)
  }
  const keys = new RemoteKeys(
    parseSecureUrl(url, 'tokens.jwksUrl'),
    importKeys,
    ({ jwk }) => thumbprintOf(jwk),
    options,
  )
  return {
    get version() {
      return keys.version
    },
    algorithms: new Set([algorithm]),
    find: (kid) => keys.find(kid, algorithm),
    state: () => keys.state(),
  }
}

interface PublishedKey extends VerifyingKey {
  readonly jwk: PublicJwk
}

function importPublished(entry: Jwk, algorithm: Algorithm): PublishedKey | undefined {
  try {
    const key = importVerifyingKey(algorithm, entry)
    if (isPublished(key)) return key
    return undefined
  } catch {
    return undefined
  }
}

/** A published secret lets anyone sign. */
const isPublished = (key: VerifyingKey): key is PublishedKey => key.jwk !== undefined
