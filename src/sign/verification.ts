import type { Awaitable } from '../base/awaitable.ts'
import type { Seconds } from '../base/clock.ts'
import { type Duration, secondsOf } from '../base/duration.ts'
import { ifDefined } from '../base/optional.ts'
import { type Field, SignatureError, type SignedMessage } from '../signatures/message.ts'
import { readSignatures } from '../signatures/read-signatures.ts'
import { SIGNATURE_ALGORITHMS } from '../signatures/signature-algorithms.ts'
import type { ReadSignature } from '../signatures/signature-base.ts'
import { type SignaturePolicy, textToVerify } from '../signatures/verify-signature.ts'
import { type KeyAndAlgorithm, signatureAlgorithmOf } from './algorithm.ts'
import { checkDigest } from './digest.ts'
import { isDigest, parseComponent } from './http-signature.ts'
import { type KeyInput, verifierOf } from './key.ts'

/** A key that verifies: a secret, or a public key; with its algorithm if it does not say it. */
export type VerificationKey = KeyInput | KeyAndAlgorithm

/** What verifiers of requests and of answers have in common. */
export interface VerifierOptions {
  /** The keys by their ids, or a function that finds one. */
  readonly keys:
    | Readonly<Record<string, VerificationKey>>
    | ((keyId: string) => Awaitable<VerificationKey | undefined>)
  /** How long after it was made a signature is accepted. Default `"5m"`. */
  readonly maxAge?: Duration
  /** The `tag` that signatures must have. Default: none is required. */
  readonly tag?: string
  /** Seconds since 1970. Default: the platform's. */
  readonly clock?: () => number
}

/** Seconds by which the clocks of signer and verifier may differ. */
const LEEWAY = 60

/** @throws TypeError if an option cannot be used */
export function policyOf(
  { maxAge = '5m', tag }: VerifierOptions,
  components: readonly string[],
  params: SignaturePolicy['params'],
): SignaturePolicy & { readonly maxAge: Seconds } {
  const age = secondsOf(maxAge)
  if (age === undefined)
    throw new TypeError('`maxAge` must be a duration such as "5m", or seconds.')
  const identifiers = components.map((each) => parseComponent(each).identifier)
  return { components: identifiers, params, tag, maxAge: age, leeway: LEEWAY }
}

/** Finds the key that a message names. */
export function finderOf(
  keys: VerifierOptions['keys'],
): (keyId: string) => Promise<KeyAndAlgorithm | undefined> {
  const known = new Map(typeof keys === 'function' ? [] : Object.entries(keys))
  const find = typeof keys === 'function' ? keys : (id: string) => known.get(id)
  return async (keyId) => ifDefined(await find(keyId), withAlgorithm)
}

const withAlgorithm = (key: VerificationKey): KeyAndAlgorithm =>
  typeof key === 'object' && 'key' in key ? (key as KeyAndAlgorithm) : { key }

/** A message with several signatures is one of an intermediary, too: which of them counts, the tag decides. */
export function onlySignature(
  fields: readonly Field[],
  tag: string | undefined,
): ReadSignature {
  const signatures = readSignatures(fields).filter(
    (signature) => tag === undefined || signature.tag === tag,
  )
  const [signature] = signatures
  if (signature === undefined || signatures.length > 1)
    throw new SignatureError('There must be one signature for this purpose: see tag.')
  return signature
}

/**
 * Without saying which keys there are.
 *
 * @param messages the forms that the message may have been signed in
 * @throws SignatureError if the key has signed none of them
 */
export async function checkSignature(
  signature: ReadSignature,
  messages: readonly SignedMessage[],
  key: KeyAndAlgorithm | undefined,
): Promise<void> {
  if (key !== undefined && (await isSigned(signature, messages, key))) return
  throw new SignatureError(
    'The key is not known, or the signature is not the one of this message.',
  )
}

async function isSigned(
  signature: ReadSignature,
  messages: readonly SignedMessage[],
  given: KeyAndAlgorithm,
): Promise<boolean> {
  const alg = signatureAlgorithmOf(given)
  const verify = await verifierOf(given.key, SIGNATURE_ALGORITHMS[alg])
  const bytes = new Uint8Array(signature.bytes)
  for (const message of messages)
    if (await verify(textToVerify(signature, message, alg), bytes)) return true
  return false
}

/** A body whose digest is not signed could be another one. @throws SignatureError */
export async function checkBody(
  { components }: ReadSignature,
  fields: readonly Field[],
  body: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const isCovered = components.some(isDigest)
  if (!isCovered && body.length > 0)
    throw new SignatureError('The signature does not cover "content-digest".')
  if (isCovered) await checkDigest(fields, body)
}
