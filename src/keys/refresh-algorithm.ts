import { configError } from '../base/errors.ts'
import { HMAC_ALGORITHMS, type HmacAlgorithm, isHmac } from '../jwt/algorithms.ts'
import type { Algorithm } from '../jwt/index.ts'

export interface RefreshAlgorithmSettings {
  /** Of access tokens. */
  readonly algorithm: Algorithm
  readonly refreshAlgorithm: Algorithm | undefined
  /** Where the keys come from: `elsewhere` if the options give none that signs. */
  readonly keys: 'generated' | 'given' | 'elsewhere'
}

/**
 * Chooses the algorithm of refresh tokens. Nothing but this instance reads them, so HMAC is enough, unless the options give a key
 * that other services may share.
 *
 * @returns `undefined`: the key of the access tokens signs them
 * @throws AuthError `invalid_config`
 */
export function refreshAlgorithmOf({
  algorithm,
  refreshAlgorithm,
  keys,
}: RefreshAlgorithmSettings): HmacAlgorithm | undefined {
  if (refreshAlgorithm === undefined) return DEFAULTS[keys]
  if (keys === 'elsewhere')
    throw configError(
      'tokens.refreshAlgorithm has no effect, because this instance issues no tokens. Remove it, or set tokens.signingKey.',
    )
  if (refreshAlgorithm === algorithm) return undefined
  if (isHmac(algorithm))
    throw configError(
      `tokens.refreshAlgorithm must be "${algorithm}", like tokens.algorithm: one secret signs all tokens. Remove it.`,
    )
  if (isHmac(refreshAlgorithm)) return refreshAlgorithm
  const hmacNames = [...HMAC_ALGORITHMS].map((name) => `"${name}"`).join(', ')
  throw configError(
    `tokens.refreshAlgorithm must be ${hmacNames} or "${algorithm}" (the value of tokens.algorithm). Change it, or remove it.`,
  )
}

const DEFAULTS = { generated: 'HS256', given: undefined, elsewhere: undefined } as const
