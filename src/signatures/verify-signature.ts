import type { VerifyingKey } from '../jwt/key.ts'
import type { FieldTypes } from './components.ts'
import { SignatureError, type SignedMessage } from './message.ts'
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from './signature-algorithms.ts'
import { type ReadSignature, signatureBase } from './signature-base.ts'

/** What a signature must have; it may cover more. */
export interface SignaturePolicy {
  /** Identifiers such as `"@method"` and `"@query-param";name="id"`, quotes included. */
  readonly components: readonly string[]
  readonly params: readonly ('created' | 'expires' | 'nonce' | 'keyid')[]
  readonly tag: string | undefined
  /** Seconds after `created` in which it is accepted. */
  readonly maxAge: number
  /** Seconds by which the clocks of signer and verifier may differ. */
  readonly leeway: number
}

/** @param now seconds since 1970 @throws SignatureError that says what is missing */
export function checkPolicy(
  signature: ReadSignature,
  policy: SignaturePolicy,
  now: number,
): void {
  const uncovered = policy.components.filter((each) => !covers(signature, each))
  if (uncovered.length > 0)
    throw new SignatureError(`The signature does not cover ${uncovered.join(', ')}.`)
  const absent = policy.params.filter((name) => signature[name] === undefined)
  if (absent.length > 0)
    throw new SignatureError(`The signature has no ${absent.join(', ')}.`)
  if (policy.tag !== undefined && signature.tag !== policy.tag)
    throw new SignatureError('The signature is for another purpose: its tag differs.')
  checkTime(signature, policy, now)
}

const covers = ({ components }: ReadSignature, wanted: string): boolean =>
  components.some(({ identifier }) => identifier === wanted)

function checkTime(
  { created, expires }: ReadSignature,
  { maxAge, leeway }: SignaturePolicy,
  now: number,
): void {
  if (created !== undefined && created > now + leeway)
    throw new SignatureError('The signature was created in the future.')
  if (created !== undefined && created + maxAge < now)
    throw new SignatureError('The signature is too old.')
  // The signer decides when it ends: no leeway prolongs it.
  if (expires !== undefined && expires < now)
    throw new SignatureError('The signature has expired.')
}

/** A key, with the one algorithm that it verifies. */
export interface SignatureKey {
  readonly alg: SignatureAlgorithm
  readonly key: VerifyingKey
}

/**
 * The text that a key must have signed. In any runtime.
 *
 * @param alg that of the key: what the message names may only agree (RFC 9421 §3.2)
 * @throws SignatureError
 */
export function textToVerify(
  signature: ReadSignature,
  message: SignedMessage,
  alg: SignatureAlgorithm,
  types?: FieldTypes,
): string {
  if (signature.alg !== undefined && signature.alg !== alg)
    throw new SignatureError('The algorithm is not the one of the key.')
  return signatureBase(signature, message, types)
}

/**
 * Verifies that the holder of the key signed what the signature covers. Neither its age nor the digest of the body is checked.
 *
 * @throws SignatureError
 */
export function verifySignature(
  signature: ReadSignature,
  message: SignedMessage,
  { alg, key }: SignatureKey,
  types?: FieldTypes,
): void {
  if (!isSignatureAlgorithm(alg) || SIGNATURE_ALGORITHMS[alg] !== key.alg)
    throw new SignatureError('The key is one of another algorithm.')
  const base = textToVerify(signature, message, alg, types)
  if (!key.verify(base, signature.bytes))
    throw new SignatureError('The signature is not the one of this message.')
}
