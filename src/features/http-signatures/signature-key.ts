import { importSecret, importVerifyingKey, type VerifyingKey } from '../../jwt/index.ts'
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../../signatures/signature-algorithms.ts'
import type { SignatureKey } from '../../signatures/verify-signature.ts'
import type { UsableSigningKey } from '../signing-keys/find.ts'
import type { KeyMaterial } from '../signing-keys/key-material.ts'

/** A key with which to verify a signature; `undefined` if it is one of another scheme, such as Hawk's. */
export function signatureKeyOf({
  algorithm,
  material,
}: UsableSigningKey): SignatureKey | undefined {
  if (!isSignatureAlgorithm(algorithm)) return undefined
  const known = IMPORTED.get(material)
  if (known?.alg === algorithm) return known
  const key = { alg: algorithm, key: imported(material, algorithm) }
  IMPORTED.set(material, key)
  return key
}

/** Importing a key takes longer than verifying with it. */
const IMPORTED = new WeakMap<KeyMaterial, SignatureKey>()

function imported(
  { publicKey, secret }: KeyMaterial,
  algorithm: SignatureAlgorithm,
): VerifyingKey {
  const alg = SIGNATURE_ALGORITHMS[algorithm]
  if (publicKey !== undefined) return importVerifyingKey(alg, publicKey)
  return importSecret(alg, secret).verifying
}
