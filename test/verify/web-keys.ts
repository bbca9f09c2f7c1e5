import type { WebKeys } from '../../src/verify/signed.ts'
import { importWebKey, type WebKey } from '../../src/verify/web-key.ts'
import type { Jwk, JwkSet } from '../vectors/corpus.ts'

/** Finds keys as `KeySet` does: by kid, or the single key. */
export async function keysOf(given: Jwk | JwkSet): Promise<WebKeys> {
  const entries = Array.isArray(given.keys) ? (given.keys as Jwk[]) : [given as Jwk]
  const keys: readonly WebKey[] = await Promise.all(
    entries.map((entry) => importWebKey(entry)),
  )
  const [first] = keys
  return {
    version: 1,
    algorithms: new Set(keys.map(({ alg }) => alg)),
    async find(kid) {
      if (keys.length === 1 && (kid === undefined || first!.kid === undefined))
        return first
      const named = keys.filter((key) => kid !== undefined && key.kid === kid)
      return named.length === 1 ? named[0] : undefined
    },
  }
}
