import { importSecret, importVerifyingKey, type VerifyingKey } from '../../jwt/index.ts'
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../../signatures/signature-algorithms.ts'
import type { SignatureKey } from '../../signatures/verify-signature.ts'
import type { KeyMaterial, UsableSigningKey } from '../signing-keys/find.ts'

/** A key with which to verify a signature; `undefined` if it is one of another scheme, such as Hawk's. */
export function signatureKeyOf({
  algorithm,
  material,
}: UsableSigningKey): SignatureKey | undefined {
  if (!isSignatureAlgorithm(algorithm)) return undefined
  const name = `${algorithm} ${material.secret?.toString('base64') ?? JSON.stringify(material.publicKey)}`
  const known = IMPORTED.get(name)
  if (known !== undefined) return { alg: algorithm, key: known }
  const key = imported(material, algorithm)
  if (IMPORTED.size === MOST) IMPORTED.clear()
  IMPORTED.set(name, key)
  return { alg: algorithm, key }
}

/** Importing a key takes longer than verifying with it. By what the key is: ids of two instances may be equal. */
const IMPORTED = new Map<string, VerifyingKey>()
const MOST = 1000

function imported(
  { publicKey, secret }: KeyMaterial,
  algorithm: SignatureAlgorithm,
): VerifyingKey {
  const alg = SIGNATURE_ALGORITHMS[algorithm]
  if (publicKey !== undefined) return importVerifyingKey(alg, publicKey)
  return importSecret(alg, secret).verifying
}
