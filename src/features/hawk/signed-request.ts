import type { Identity } from '../../authentication/scheme.ts'
import { after, seconds, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import {
  parseHeader,
  REQUEST_ATTRIBUTES,
  serializeHeader,
} from '../../hawk/attributes.ts'
import { parseBewit, takeBewit } from '../../hawk/bewit.ts'
import { HawkError, malformed, unproven } from '../../hawk/hawk-error.ts'
import type { HawkArtifacts, hostAndPort, MacType } from '../../hawk/normalized-string.ts'
import type { AuthRequest, Header } from '../../http/request.ts'
import { proofKey } from '../../proofs/proofs.ts'
import type { User } from '../../users/user.ts'
import { requireOriginal } from '../signing-keys/body-digest.ts'
import { findSigningKey, noteUse, type UsableSigningKey } from '../signing-keys/find.ts'
import type { SignedSchemeDeps } from '../signing-keys/signed-scheme.ts'
import { findSigner } from '../signing-keys/signer.ts'
import {
  type HawkKey,
  hawkKeyOf,
  isSame,
  macOf,
  NO_KEY,
  payloadHash,
  timestampMac,
} from './mac.ts'
import type { HawkSettings } from './options.ts'
import { requestSignature } from './request-signature.ts'

/** What the scheme is passed, with the public host and port. */
export type HawkDeps = SignedSchemeDeps & {
  readonly place: ReturnType<typeof hostAndPort>
}

/** What a request is signed with. */
interface Credentials {
  readonly takesBewit: boolean
  /** `Authorization`. */
  readonly header: string | undefined
}

/**
 * The owner of the key that signed a request.
 *
 * @throws AuthError `parse_error` if it is not written as Hawk asks; `invalid_signature`; `body_too_large`; `store_unavailable`
 */
export async function identify(
  request: AuthRequest,
  { takesBewit, header = '' }: Credentials,
  settings: HawkSettings,
  deps: HawkDeps,
): Promise<Identity<User>> {
  try {
    if (takesBewit) return await identifyBewit(request, header, settings, deps)
    return await identifySigner(request, header, settings, deps)
  } catch (error) {
    if (error instanceof HawkError) throw refused(error)
    throw error
  }
}

async function identifySigner(
  request: AuthRequest,
  header: string,
  settings: HawkSettings,
  deps: HawkDeps,
): Promise<Identity<User>> {
  const signed = signedPartsOf(header)
  const named = await findSigningKey(signed.id, deps)
  const { row, key, artifacts } = verifyMac('header', { ...signed, request }, named, deps)
  await checkPayload(artifacts, request, key, settings)
  checkTime(artifacts, key, settings, deps)
  const identity = await signerOf(row, deps)
  // Last: others cannot use up the nonces of a key, and neither can requests that are refused.
  await useNonce(artifacts, row, settings, deps)
  noteUse(row, deps)
  return { ...identity, signature: requestSignature(artifacts, key, settings) }
}

const DIGITS = /^\d+$/

function signedPartsOf(header: string) {
  const { id, ts, nonce, mac, ...rest } = parseHeader(header, REQUEST_ATTRIBUTES)
  if (id === undefined || ts === undefined || nonce === undefined || mac === undefined)
    throw malformed('Missing attributes')
  // What is no number would never be too old.
  if (!DIGITS.test(ts)) throw malformed('Bad attribute value: ts')
  return { id, mac, parts: { ts, nonce, ...rest } }
}

interface Signed {
  readonly mac: string
  readonly parts: Pick<HawkArtifacts, 'ts' | 'nonce'> & Partial<HawkArtifacts>
  readonly request: Pick<AuthRequest, 'method' | 'url'>
}

interface Verified {
  readonly row: UsableSigningKey
  readonly key: HawkKey
  readonly artifacts: HawkArtifacts
}

/** Without saying which keys there are. @throws HawkError */
function verifyMac(
  type: MacType,
  { mac, parts, request }: Signed,
  row: UsableSigningKey | undefined,
  { targetsOf, place }: HawkDeps,
): Verified {
  const key = hawkKeyOf(row)
  const { method, url } = request
  const [artifacts] = targetsOf(url)
    .map(({ target: resource }) => ({ ...parts, ...place, method, resource }))
    .filter((each) => isSame(macOf(type, each, key ?? NO_KEY), mac))
  if (row === undefined || key === undefined || artifacts === undefined)
    throw unproven('Bad mac')
  return { row, key, artifacts }
}

/** Methods that change nothing, and have no body. */
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** A body whose hash is not signed could be another one. @throws HawkError; AuthError `body_too_large` */
async function checkPayload(
  { hash }: HawkArtifacts,
  request: AuthRequest,
  key: HawkKey,
  { payloadHash: policy, bodyLimit }: HawkSettings,
): Promise<void> {
  const contentType = request.header('content-type') ?? ''
  const body = await request.body(bodyLimit)
  const isUnsafe = policy === 'unsafe' && !SAFE.includes(request.method)
  if (hash === undefined && (isUnsafe || body.length > 0 || contentType !== ''))
    throw unproven('Missing required payload hash')
  if (hash !== undefined) requireOriginal(request)
  if (hash !== undefined && !isSame(payloadHash(body, contentType, key), hash))
    throw unproven('Bad payload hash')
}

/** Thrown for a request of another time, with what the client needs to set its clock. */
class StaleTimestamp extends HawkError {
  readonly challenge: string

  constructor(now: UnixSeconds, key: HawkKey) {
    const error = 'Stale timestamp'
    super(error, 401)
    const ts = String(now)
    this.challenge = serializeHeader({ ts, tsm: timestampMac(ts, key), error })
  }
}

/** @throws HawkError */
function checkTime(
  { ts }: HawkArtifacts,
  key: HawkKey,
  { clockSkew }: HawkSettings,
  { clock }: SignedSchemeDeps,
): void {
  const now = clock()
  if (Math.abs(Number(ts) - now) > clockSkew) throw new StaleTimestamp(now, key)
}

/** @throws HawkError if the owner of the key is deactivated, disabled or deleted */
async function signerOf(row: UsableSigningKey, deps: HawkDeps): Promise<Identity<User>> {
  const identity = await findSigner(row, 'hawk', deps)
  if (identity === undefined) throw unproven('Unknown credentials')
  return identity
}

/** @throws HawkError if the key has used it for this time before */
async function useNonce(
  { ts, nonce }: HawkArtifacts,
  { id }: UsableSigningKey,
  { clockSkew }: HawkSettings,
  { proofs, clock }: SignedSchemeDeps,
): Promise<void> {
  const until = after(Number(ts) as UnixSeconds, clockSkew)
  const isFirst = await proofs.use(proofKey('hawk', id, `${ts} ${nonce}`), until, clock())
  if (!isFirst) throw unproven('Invalid nonce')
}

/** The methods of a bewit, which are signed as GET. */
const METHODS: readonly string[] = ['GET', 'HEAD']

/** @throws HawkError; AuthError `store_unavailable` */
async function identifyBewit(
  request: AuthRequest,
  header: string,
  settings: HawkSettings,
  deps: HawkDeps,
): Promise<Identity<User>> {
  const { bewit, resource: url } = takeBewit(request.url)
  if (bewit === '') throw unproven('Empty bewit')
  if (!METHODS.includes(request.method)) throw unproven('Invalid method')
  if (header !== '') throw malformed('Multiple authentications')
  const { id, exp, mac, ext } = parseBewit(bewit)
  // What is no number would never expire.
  if (!DIGITS.test(exp)) throw malformed('Bad attribute value: exp')
  const parts = { ts: exp, nonce: '', ext }
  const named = await findSigningKey(id, deps)
  const signed = { mac, parts, request: { method: 'GET', url } }
  const { row, key, artifacts } = verifyMac('bewit', signed, named, deps)
  checkExpiry(Number(exp), settings, deps)
  const identity = await signerOf(row, deps)
  noteUse(row, deps)
  return { ...identity, signature: requestSignature(artifacts, key, settings) }
}

/** After the MAC: others learn nothing of it. @throws HawkError */
function checkExpiry(
  exp: number,
  { bewit: longest = seconds(0) }: HawkSettings,
  { clock }: SignedSchemeDeps,
): void {
  const left = exp - clock()
  if (left <= 0) throw unproven('Access expired')
  if (left > longest) throw unproven('Access lasts too long')
}

function refused(error: HawkError): AuthError {
  const { message, status } = error
  const options = { cause: error, detail: message, headers: NO_REFERRER }
  if (status === 400) return new AuthError('parse_error', message, options)
  const challenge =
    error instanceof StaleTimestamp
      ? error.challenge
      : serializeHeader({ error: message })
  return new AuthError('invalid_signature', message, {
    ...options,
    challenges: [challenge],
  })
}

/** The address may have a bewit, which the next page must not learn. */
const NO_REFERRER: readonly Header[] = [['Referrer-Policy', 'no-referrer']]
