import { type CavageSignature, signingString } from '../../signatures/draft-cavage.ts'
import { ecdsaFromDer } from '../../signatures/ecdsa-der.ts'
import { SignatureError } from '../../signatures/message.ts'
import type { SignatureAlgorithm } from '../../signatures/signature-algorithms.ts'
import type { SignatureKey } from '../../signatures/verify-signature.ts'

/** What requests call the algorithm of a key. `hs2019` leaves it to the key. */
const NAMES: Readonly<Record<SignatureAlgorithm, readonly string[]>> = {
  'hmac-sha256': ['hs2019', 'hmac-sha256'],
  ed25519: ['hs2019', 'ed25519', 'ed25519-sha512'],
  'ecdsa-p256-sha256': ['hs2019', 'ecdsa-sha256'],
  'ecdsa-p384-sha384': ['hs2019', 'ecdsa-sha384'],
  'rsa-pss-sha512': ['hs2019'],
  'rsa-v1_5-sha256': ['hs2019', 'rsa-sha256'],
}

/** Bytes of `r` and of `s`. */
const ECDSA: Readonly<Partial<Record<SignatureAlgorithm, number>>> = {
  'ecdsa-p256-sha256': 32,
  'ecdsa-p384-sha384': 48,
}

/**
 * Verifies a signature. Neither its time nor the digest of the body is checked.
 *
 * @returns the text that was signed; `undefined` if the signature is not valid
 * @throws SignatureError if the algorithm is not the key's, or the request does not have what is covered
 */
export function verifyCavage(
  signature: CavageSignature,
  request: Parameters<typeof signingString>[1],
  { alg, key }: SignatureKey,
): string | undefined {
  // The algorithm is the key's: a public key would be taken for the secret of an HMAC otherwise.
  if (!NAMES[alg].includes(signature.algorithm))
    throw new SignatureError('The algorithm is not the one of the key.')
  const signed = signingString(signature, request)
  const size = ECDSA[alg]
  const bytes = size === undefined ? signature.bytes : rawOf(signature.bytes, size)
  return key.verify(signed, bytes) ? signed : undefined
}

/** The draft does not say how ECDSA is written; libraries write DER. */
const rawOf = (bytes: Uint8Array, size: number): Uint8Array =>
  ecdsaFromDer(bytes, size) ?? bytes
