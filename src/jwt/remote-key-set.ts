import { parseTrusted } from '../base/fetch-json.ts'
import type { Algorithm } from './algorithms.ts'
import type { Jwk } from './jwk.ts'
import type { VerifyingKey } from './key.ts'
import type { KeySource } from './key-set.ts'
import { importVerifyingKey, thumbprintOf } from './public-key.ts'
import { type RemoteKeysOptions, remoteKeys, unambiguous } from './remote-keys.ts'

export interface RemoteKeySetOptions extends RemoteKeysOptions {
  /** The one that its tokens have. Keys for others are passed over. */
  readonly algorithm: Algorithm
}

/**
 * The keys that somebody publishes at `url`, followed as `remoteKeys` tells.
 *
 * @throws AuthError `invalid_config` where the address is not https (plain http is for loopback addresses)
 */
export function remoteKeySet(
  url: string,
  { algorithm, ...options }: RemoteKeySetOptions,
): KeySource {
  const usable = (entries: readonly unknown[]): readonly VerifyingKey[] =>
    // The rest is for somebody else (RFC 7517 §5).
    unambiguous(
      entries.flatMap((entry) => usableKey(entry as Jwk, algorithm) ?? []),
      ({ jwk }) => thumbprintOf(jwk!),
    )
  const keys = remoteKeys(parseTrusted(url, 'tokens.jwksUrl'), usable, options)
  return {
    get version() {
      return keys.version
    },
    algorithms: new Set([algorithm]),
    find: (kid) => keys.find(kid),
  }
}

function usableKey(entry: Jwk, algorithm: Algorithm): VerifyingKey | undefined {
  try {
    const key = importVerifyingKey(algorithm, entry)
    return key.kid === undefined || key.jwk === undefined ? undefined : key
  } catch {
    return undefined
  }
}
