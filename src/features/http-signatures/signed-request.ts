import type { Identity } from '../../authentication/scheme.ts'
import { after, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest, Header } from '../../http/request.ts'
import { proofKey } from '../../proofs/proofs.ts'
import { statedDigests } from '../../signatures/content-digest.ts'
import { SignatureError, type SignedRequest } from '../../signatures/message.ts'
import { signaturesIn } from '../../signatures/read-signatures.ts'
import { type ReadSignature, signatureInput } from '../../signatures/signature-base.ts'
import { checkPolicy, verifySignature } from '../../signatures/verify-signature.ts'
import type { User } from '../../users/user.ts'
import { bodyFits, hasBody } from '../signing-keys/body-digest.ts'
import { findSigningKey, noteUse, type UsableSigningKey } from '../signing-keys/find.ts'
import { requestFields } from '../signing-keys/request-fields.ts'
import type { SignedSchemeDeps } from '../signing-keys/signed-scheme.ts'
import { findSigner } from '../signing-keys/signer.ts'
import { requestSignature, type VerifiedRequest } from './answer.ts'
import type { HttpSignatureSettings } from './options.ts'
import { signatureKeyOf } from './signature-key.ts'

/** Seconds by which the clocks of clients may differ. */
const LEEWAY = 60

/**
 * The owner of the key that signed a request.
 *
 * @throws AuthError `invalid_signature`; `body_too_large`; `store_unavailable`
 */
export async function identify(
  request: AuthRequest,
  settings: HttpSignatureSettings,
  deps: SignedSchemeDeps,
): Promise<Identity<User>> {
  try {
    return await identifySigner(request, settings, deps)
  } catch (error) {
    if (error instanceof SignatureError) throw refused(error, settings)
    throw error
  }
}

async function identifySigner(
  request: AuthRequest,
  settings: HttpSignatureSettings,
  deps: SignedSchemeDeps,
): Promise<Identity<User>> {
  const [signature, ...others] = requiredSignatures(request, settings)
  const first = await check(signature, request, settings, deps)
  const all = [first]
  for (const each of others) all.push(await check(each, request, settings, deps))
  // Last: others cannot use up the nonces of a key.
  for (const each of all) {
    await useNonce(each.signature, each.key, settings, deps)
    noteUse(each.key, deps)
  }
  return { ...first.identity, signature: requestSignature(first, settings, deps.clock) }
}

interface Checked extends VerifiedRequest {
  readonly identity: Identity<User>
}

async function check(
  signature: ReadSignature,
  request: AuthRequest,
  settings: HttpSignatureSettings,
  deps: SignedSchemeDeps,
): Promise<Checked> {
  checkPolicy(signature, policyOf(settings), deps.clock())
  const key = await keyOf(signature, deps)
  const message = verify(signature, request, key, deps)
  await checkBody(signature, request, settings)
  return { signature, message, key, identity: await ownerOf(key, deps) }
}

type OneOrMore<T> = readonly [T, ...T[]]

/** Intermediaries sign besides (RFC 9421 §4.3): the tags decide which signatures count. */
function requiredSignatures(
  request: AuthRequest,
  { tags }: HttpSignatureSettings,
): OneOrMore<ReadSignature> {
  const sent = signaturesIn(
    request.header('signature-input'),
    request.header('signature'),
  )
  const [first, ...others] = tags
  if (first === undefined) return [onlyOne(sent)]
  const tagged = (tag: string) => onlyOne(sent.filter((each) => each.tag === tag))
  return [tagged(first), ...others.map(tagged)]
}

function onlyOne(signatures: readonly ReadSignature[]): ReadSignature {
  const [signature] = signatures
  if (signature !== undefined && signatures.length === 1) return signature
  throw new SignatureError('There must be one signature for each purpose: see tag.')
}

const policyOf = ({ components, maxAge, nonce }: HttpSignatureSettings) => ({
  components,
  params: ['created', 'keyid', ...(nonce ? (['nonce'] as const) : [])] as const,
  tag: undefined,
  maxAge,
  leeway: LEEWAY,
})

/** Without saying which keys there are. */
const UNVERIFIED =
  'The key is not known, or the signature is not the one of this request.'

async function keyOf(
  signature: ReadSignature,
  deps: SignedSchemeDeps,
): Promise<UsableSigningKey> {
  const key = await findSigningKey(signature.keyid ?? '', deps)
  if (key === undefined) throw new SignatureError(UNVERIFIED)
  return key
}

/** @returns the request as the client has signed it @throws SignatureError */
function verify(
  signature: ReadSignature,
  request: AuthRequest,
  key: UsableSigningKey,
  { targetsOf }: SignedSchemeDeps,
): SignedRequest {
  const usable = signatureKeyOf(key)
  if (usable === undefined) throw new SignatureError(UNVERIFIED)
  const names = signature.components.map(({ name }) => name)
  const fields = requestFields(request, [...names, 'signature'])
  const signed = targetsOf(request.url)
    .map((target) => ({ ...target, method: request.method, fields }))
    .find((message) => isValid(signature, message, usable))
  if (signed === undefined) throw new SignatureError(UNVERIFIED)
  return signed
}

function isValid(...args: Parameters<typeof verifySignature>): boolean {
  try {
    verifySignature(...args)
    return true
  } catch (error) {
    if (error instanceof SignatureError) return false
    throw error
  }
}

/** A body whose digest is not signed could be another one. @throws SignatureError; AuthError `body_too_large` */
async function checkBody(
  { components }: ReadSignature,
  request: AuthRequest,
  { bodyLimit }: HttpSignatureSettings,
): Promise<void> {
  const isCovered = components.some(
    ({ name, params }) => name === 'content-digest' && params.size === 0,
  )
  if (!isCovered && (await hasBody(request, bodyLimit)))
    throw new SignatureError('The signature does not cover "content-digest".')
  if (!isCovered) return
  const digests = statedDigests(request.header('content-digest') ?? '')
  if (digests.length === 0)
    throw new SignatureError('Content-Digest must have sha-256 or sha-512.')
  if (!(await bodyFits(request, digests, bodyLimit)))
    throw new SignatureError('Content-Digest is not the one of the body.')
}

async function ownerOf(
  key: UsableSigningKey,
  deps: SignedSchemeDeps,
): Promise<Identity<User>> {
  const identity = await findSigner(key, 'httpSignature', deps)
  if (identity === undefined) throw new SignatureError(UNVERIFIED)
  return identity
}

async function useNonce(
  { nonce, created = 0 }: ReadSignature,
  { id }: UsableSigningKey,
  { maxAge }: HttpSignatureSettings,
  { proofs, clock }: SignedSchemeDeps,
): Promise<void> {
  if (nonce === undefined) return
  const until = after(created as UnixSeconds, maxAge)
  if (await proofs.use(proofKey('http_signature', id, nonce), until, clock())) return
  throw new SignatureError('The nonce was used before.')
}

/** What a signature must be, in the words of RFC 9421 §5.1. */
function acceptSignature(settings: HttpSignatureSettings): Header {
  const [first, ...others] = settings.tags
  const wanted = [
    `sig=${wantedWith(first, settings)}`,
    ...others.map((tag, i) => `sig${i + 2}=${wantedWith(tag, settings)}`),
  ]
  return ['Accept-Signature', wanted.join(', ')]
}

function wantedWith(
  tag: string | undefined,
  { components, nonce }: HttpSignatureSettings,
): string {
  const params = new Map<string, string | boolean>([
    ['created', true],
    ['keyid', true],
  ])
  if (nonce) params.set('nonce', true)
  if (tag !== undefined) params.set('tag', tag)
  const wanted = signatureInput([], params).serialized.slice(2)
  return `(${components.join(' ')})${wanted}`
}

const refused = (error: SignatureError, settings: HttpSignatureSettings): AuthError =>
  new AuthError('invalid_signature', error.message, {
    cause: error,
    detail: error.message,
    headers: [acceptSignature(settings)],
  })
