import { serializeDictionary } from 'structured-headers'
import { type DigestAlgorithm, statedDigests } from '../signatures/content-digest.ts'
import { type Field, fieldValue, SignatureError } from '../signatures/message.ts'

type Bytes = Uint8Array<ArrayBuffer>

const digestOf = (body: Bytes, algorithm: DigestAlgorithm): Promise<ArrayBuffer> =>
  crypto.subtle.digest(algorithm.toUpperCase(), body)

/** The field `Content-Digest` of a body (RFC 9530 §2). */
export async function contentDigest(
  body: Bytes,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const digest = await digestOf(body, algorithm)
  return serializeDictionary(new Map([[algorithm, [digest, new Map()]]]))
}

/** @throws SignatureError if the field `Content-Digest` does not have the digest of this body */
export async function checkDigest(fields: readonly Field[], body: Bytes): Promise<void> {
  const stated = statedDigests(fieldValue(fields, 'content-digest') ?? '')
  if (stated.length === 0)
    throw new SignatureError('Content-Digest must have sha-256 or sha-512.')
  for (const { algorithm, bytes } of stated) {
    const digest = new Uint8Array(await digestOf(body, algorithm))
    if (digest.join() !== bytes.join())
      throw new SignatureError('Content-Digest is not the one of the body.')
  }
}
