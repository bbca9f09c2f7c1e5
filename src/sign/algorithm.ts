import type { Algorithm } from '../jwt/algorithms.ts'
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../signatures/signature-algorithms.ts'
import { algorithmsOf, type KeyInput } from './key.ts'

/** A key, and its algorithm if it does not say it. */
export interface KeyAndAlgorithm {
  readonly key: KeyInput
  readonly algorithm?: SignatureAlgorithm
}

const NAMES = Object.keys(SIGNATURE_ALGORITHMS) as readonly SignatureAlgorithm[]
const JOSE: readonly Algorithm[] = Object.values(SIGNATURE_ALGORITHMS)

/** The one algorithm that a key is used with. @throws TypeError */
export function signatureAlgorithmOf({
  key,
  algorithm,
}: KeyAndAlgorithm): SignatureAlgorithm {
  const fitting = algorithmsOf(key, JOSE)
  const possible = NAMES.filter((name) => fitting.includes(SIGNATURE_ALGORITHMS[name]))
  const [only] = possible
  if (only === undefined)
    throw new TypeError(`The key fits none of the algorithms ${NAMES.join(', ')}.`)
  if (algorithm === undefined) {
    if (possible.length === 1) return only
    throw new TypeError(
      `The key does not say its algorithm: set \`algorithm\` to one of ${possible.join(', ')}.`,
    )
  }
  if (isSignatureAlgorithm(algorithm) && possible.includes(algorithm)) return algorithm
  throw new TypeError(
    `The key cannot be used with ${algorithm}, but with ${possible.join(', ')}.`,
  )
}
