import { dictionaryOf } from './structured-fields.ts'

/** The hash algorithms of RFC 9530 that resist collisions, the stronger one first. */
export const DIGEST_ALGORITHMS = ['sha-512', 'sha-256'] as const

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number]

/** A digest of a body, as a message states it. */
export interface StatedDigest {
  readonly algorithm: DigestAlgorithm
  readonly bytes: Uint8Array
}

/**
 * The digests of a field `Content-Digest` (RFC 9530 §2) that can be relied on.
 *
 * @returns none if it has only others, such as `md5`
 * @throws SignatureError if it is malformed
 */
export function statedDigests(field: string): readonly StatedDigest[] {
  const members = dictionaryOf(field)
  return DIGEST_ALGORITHMS.flatMap((algorithm) => {
    const value = members.get(algorithm)?.[0]
    return value instanceof ArrayBuffer
      ? [{ algorithm, bytes: new Uint8Array(value) }]
      : []
  })
}
