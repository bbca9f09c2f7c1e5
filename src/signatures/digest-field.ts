import { decodeBase64 } from './base64.ts'
import { DIGEST_ALGORITHMS, type StatedDigest } from './content-digest.ts'
import { SignatureError } from './message.ts'

/**
 * The digests of a field `Digest` (RFC 3230 §4.3.2, `SHA-256=…`) that can be relied on.
 *
 * @returns none if it has only others, such as `MD5`
 * @throws SignatureError if one of them is not in base64
 */
export const digestsIn = (field: string): readonly StatedDigest[] =>
  field.split(',').flatMap((instance) => digestIn(instance.trim()))

function digestIn(instance: string): readonly StatedDigest[] {
  const end = instance.indexOf('=')
  const name = instance.slice(0, Math.max(end, 0)).toLowerCase()
  const algorithm = DIGEST_ALGORITHMS.find((each) => each === name)
  if (algorithm === undefined) return []
  const bytes = decodeBase64(instance.slice(end + 1))
  if (bytes === undefined) throw new SignatureError('Digest must be in base64.')
  return [{ algorithm, bytes }]
}
