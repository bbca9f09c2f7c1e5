import type { Identity } from '../../authentication/scheme.ts'
import { after, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import { proofKey } from '../../proofs/proofs.ts'
import { digestsIn } from '../../signatures/digest-field.ts'
import { type CavageSignature, parseCavage } from '../../signatures/draft-cavage.ts'
import { SignatureError } from '../../signatures/message.ts'
import type { User } from '../../users/user.ts'
import { signatureKeyOf } from '../http-signatures/signature-key.ts'
import { bodyFits, hasBody } from '../signing-keys/body-digest.ts'
import { findSigningKey, noteUse, type UsableSigningKey } from '../signing-keys/find.ts'
import { requestFields } from '../signing-keys/request-fields.ts'
import type { SignedSchemeDeps } from '../signing-keys/signed-scheme.ts'
import { findSigner } from '../signing-keys/signer.ts'
import { type DraftCavageSettings, TIMES } from './options.ts'
import { verifyCavage } from './verify.ts'

/**
 * The owner of the key that signed a request.
 *
 * @throws AuthError `invalid_signature`; `body_too_large`; `store_unavailable`
 */
export async function identify(
  text: string,
  request: AuthRequest,
  settings: DraftCavageSettings,
  deps: SignedSchemeDeps,
): Promise<Identity<User>> {
  try {
    return await identifySigner(text, request, settings, deps)
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error
    const detail = 'Invalid signature.'
    throw new AuthError('invalid_signature', error.message, { cause: error, detail })
  }
}

async function identifySigner(
  text: string,
  request: AuthRequest,
  settings: DraftCavageSettings,
  deps: SignedSchemeDeps,
): Promise<Identity<User>> {
  const signature = parseCavage(text)
  checkCovered(signature, settings)
  checkTimes(signature, request, settings, deps.clock())
  const key = await findSigningKey(signature.keyId, deps)
  if (key === undefined) throw new SignatureError('The key is not known.')
  const signed = verify(signature, request, key, deps)
  await checkBody(signature, request, settings)
  const identity = await findSigner(key, 'draftCavage', deps)
  if (identity === undefined) throw new SignatureError('The owner is not active.')
  // Last: others cannot use up the signatures of a key.
  if (settings.once) await useOnce(signed, key, settings, deps)
  noteUse(key, deps)
  return identity
}

const isTime = (name: string): boolean => TIMES.some((time) => time === name)

function checkCovered({ headers }: CavageSignature, settings: DraftCavageSettings): void {
  const isCovered = (name: string): boolean =>
    headers.includes(name) || (isTime(name) && headers.some(isTime))
  const missing = settings.headers.filter((name) => !isCovered(name))
  if (missing.length > 0)
    throw new SignatureError(`The signature does not cover ${missing.join(', ')}.`)
}

function checkTimes(
  { headers, created, expires }: CavageSignature,
  request: AuthRequest,
  { clockSkew }: DraftCavageSettings,
  now: UnixSeconds,
): void {
  const date = headers.includes('date') ? dateIn(request.header('date')) : now
  const isNear = [date, created ?? now].every((time) => Math.abs(time - now) <= clockSkew)
  if (!isNear) throw new SignatureError('The signature is too old, or of the future.')
  // The signer decides when it ends: no leeway prolongs it.
  if (expires !== undefined && expires < now)
    throw new SignatureError('The signature has expired.')
}

/** RFC 9110 §5.6.7, in its usual form. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** @returns seconds since 1970 */
function dateIn(value = ''): number {
  const time = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw new SignatureError('Date is not a date.')
  return time / 1000
}

/** @returns the text that was signed @throws SignatureError */
function verify(
  signature: CavageSignature,
  request: AuthRequest,
  key: UsableSigningKey,
  { url, targetsOf }: SignedSchemeDeps,
): string {
  const usable = signatureKeyOf(key)
  if (usable === undefined) throw new SignatureError('The key is one of another scheme.')
  const { method } = request
  const names = signature.headers.filter((name) => name !== 'host')
  const fields = requestFields(request, names)
  const hosts = hostsOf(request, url)
  for (const { target } of targetsOf(request.url)) {
    for (const host of hosts) {
      const message = { method, target, fields: [['host', host] as const, ...fields] }
      const signed = verifyCavage(signature, message, usable)
      if (signed !== undefined) return signed
    }
  }
  throw new SignatureError('The signature is not the one of this request.')
}

/** `Host` counts in the spelling of the client if it names this server; a proxy may have replaced it. */
function hostsOf(request: AuthRequest, url: string): readonly string[] {
  const { protocol, host } = new URL(url)
  const sent = request.header('host') ?? host
  const address = URL.parse(`${protocol}//${sent}`)
  return sent !== host && address?.host === host ? [sent, host] : [host]
}

/** @throws SignatureError; AuthError `body_too_large` */
async function checkBody(
  { headers }: CavageSignature,
  request: AuthRequest,
  { digest, bodyLimit }: DraftCavageSettings,
): Promise<void> {
  const isCovered = headers.includes('digest')
  if (!isCovered && !digest) return
  if (!isCovered && (await hasBody(request, bodyLimit)))
    throw new SignatureError('The signature does not cover the header Digest.')
  if (!isCovered) return
  const digests = digestsIn(request.header('digest') ?? '')
  if (digests.length === 0)
    throw new SignatureError('Digest must have SHA-256 or SHA-512.')
  if (!(await bodyFits(request, digests, bodyLimit)))
    throw new SignatureError('Digest is not the one of the body.')
}

/** By what was signed: one text may have many signatures. */
async function useOnce(
  signed: string,
  { id }: UsableSigningKey,
  { clockSkew }: DraftCavageSettings,
  { proofs, clock }: SignedSchemeDeps,
): Promise<void> {
  const now = clock()
  // A date may be ahead by the skew, and is accepted for as long afterwards.
  const until = after(after(now, clockSkew), clockSkew)
  if (await proofs.use(proofKey('draft_cavage', id, signed), until, now)) return
  throw new SignatureError('The signature was used before.')
}
