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
      'tokens.refreshAlgorithm is for an instance that issues tokens: set tokens.signingKey, or leave it out.',
    )
  if (refreshAlgorithm === algorithm) return undefined
  if (isHmac(algorithm))
    throw configError(
      `tokens.refreshAlgorithm must be ${algorithm}, as tokens.algorithm, because the secret of tokens.signingKey signs every token: leave it out.`,
    )
  if (isHmac(refreshAlgorithm)) return refreshAlgorithm
  throw configError(
    `tokens.refreshAlgorithm must be ${[...HMAC_ALGORITHMS].join(', ')}, or ${algorithm} as tokens.algorithm: change it, or leave it out.`,
  )
}

const DEFAULTS = { generated: 'HS256', given: undefined, elsewhere: undefined } as const
