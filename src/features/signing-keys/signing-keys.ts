import { after, type Seconds, type UnixSeconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import { sealText } from '../../keys/sealed-text.ts'
import { fieldError, requireString } from '../../users/field-errors.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { SEALED } from './key-material.ts'
import {
  type NewSigningKey,
  type ParsedSigningKey,
  parseNewSigningKey,
} from './new-signing-key.ts'
import { LONGEST_OVERLAP, signingKeySettings } from './options.ts'
import {
  publicSigningKey,
  type ShownSigningKey,
  SIGNING_ALGORITHMS,
  type SigningKey,
  type SigningKeyId,
  type SigningKeyOwner,
  type StoredSigningKey,
} from './signing-key.ts'
import { signingKeyStore } from './store.ts'

const NEW: Readonly<Record<keyof NewSigningKey, true>> = {
  algorithm: true,
  publicKey: true,
  secret: true,
  id: true,
  label: true,
  scopes: true,
  expiresIn: true,
}

const keysOf = ({ ports }: Pick<Core, 'ports'>) => ports(signingKeyStore).signingKeys

export async function createSigningKey(
  owner: SigningKeyOwner,
  input: NewSigningKey,
  core: Core,
): Promise<ShownSigningKey> {
  refuseUnknownOptions(input, NEW, argumentOf('signingKeys.create'))
  const parsed = parseNewSigningKey(input)
  const { stored, secret } = newKey(requireOwner(owner), parsed, core)
  if (!(await keysOf(core).insert(stored))) throw await notInserted(stored, core)
  await record('signing_key_created', stored, core)
  return { key: publicSigningKey(stored), secret }
}

/** Why a key was not inserted. */
async function notInserted(
  { id, userId }: StoredSigningKey,
  core: Core,
): Promise<AuthError> {
  if ((await keysOf(core).find(id, 0 as UnixSeconds)) !== undefined)
    return fieldError({ id: ['A key with this id already exists.'] })
  if (userId !== undefined) return new AuthError('user_not_found')
  return fieldError({ clientId: ['There is no such application, or it is disabled.'] })
}

function newKey(
  { userId, clientId }: SigningKeyOwner,
  { algorithm, publicKey, label, scopes, lifetime, ...given }: ParsedSigningKey,
  core: Core,
) {
  const id = (given.id ?? `key_${hexId(core.random)}`) as SigningKeyId
  const secret = publicKey === undefined ? (given.secret ?? newSecret(core)) : undefined
  const now = core.clock()
  const stored: StoredSigningKey = {
    id,
    userId: userId as UserId | undefined,
    clientId,
    algorithm,
    publicKey,
    scopes,
    label,
    createdAt: now,
    expiresAt: ifDefined(lifetime, (length) => after(now, length)),
    lastUsedAt: undefined,
    replacedBy: undefined,
    sealed: ifDefined(secret, (text) => sealed(text, id, core)),
  }
  return { stored, secret }
}

/** 256 random bits, with a beginning that secret scanners know. */
const newSecret = ({ random }: Core): string =>
  `wsk_${Buffer.from(random(32)).toString('base64url')}`

function sealed(secret: string, id: string, { derivedKeys, random }: Core): string {
  const [key] = derivedKeys(SEALED)
  if (key === undefined) throw new AuthError('invalid_config', 'there is no secret')
  return sealText(secret, id, key, random)
}

/** @throws AuthError `invalid` */
function requireOwner(owner: SigningKeyOwner): SigningKeyOwner {
  const { userId, clientId } = owner ?? {}
  if (userId !== undefined && clientId === undefined)
    return { userId: requireString('userId', userId) }
  if (clientId !== undefined && userId === undefined)
    return { clientId: requireString('clientId', clientId) }
  throw fieldError({ owner: ['Must be { userId } or { clientId }.'] })
}

/** More than any page shows. */
const MOST_LISTED = 1000

export async function listSigningKeys(
  owner: SigningKeyOwner | undefined,
  core: Core,
): Promise<readonly SigningKey[]> {
  const rows = await keysOf(core).list(owner && requireOwner(owner), MOST_LISTED)
  return rows.map(publicSigningKey)
}

export interface RotationOptions {
  /** How long the former key stays valid: 0 if another person may know it. Default: the option `signingKeys.overlap`, one day. */
  readonly overlap?: Duration
  /** The next public key; needed if the key has one. */
  readonly publicKey?: object | string
}

const ROTATION: Readonly<Record<keyof RotationOptions, true>> = {
  overlap: true,
  publicKey: true,
}

export async function rotateSigningKey(
  given: string,
  options: RotationOptions,
  core: Core,
  owner?: SigningKeyOwner,
): Promise<ShownSigningKey | undefined> {
  refuseUnknownOptions(options, ROTATION, argumentOf('signingKeys.rotate'))
  const overlap = overlapOf(options.overlap, core)
  const now = core.clock()
  const former = await keysOf(core).find(requireString('id', given), now)
  if (former === undefined || !isOf(former, owner)) return undefined
  const { stored, secret } = newKey(ownerOf(former), nextOf(former, options), core)
  // The next key ends when the former one would have.
  const next = { ...stored, expiresAt: former.expiresAt }
  if (!(await keysOf(core).replace(former.id, next, after(now, overlap), now)))
    return undefined
  await record('signing_key_rotated', former, core, { next: next.id, overlap })
  return { key: publicSigningKey(next), secret }
}

/** @throws AuthError `invalid`, whose body names the invalid fields */
function nextOf(
  { algorithm, label, scopes }: StoredSigningKey,
  { publicKey }: RotationOptions,
): ParsedSigningKey {
  const isPublic = SIGNING_ALGORITHMS[algorithm] !== undefined
  if (isPublic && publicKey === undefined)
    throw fieldError({ publicKey: ['The next public key is needed: a JWK or PEM.'] })
  return parseNewSigningKey({
    algorithm,
    label,
    scopes,
    ...(publicKey !== undefined && { publicKey }),
  })
}

const ownerOf = ({ userId, clientId }: StoredSigningKey): SigningKeyOwner =>
  userId === undefined ? { clientId: clientId ?? '' } : { userId }

const isOf = (key: StoredSigningKey, owner: SigningKeyOwner | undefined): boolean =>
  owner === undefined || (key.userId === owner.userId && key.clientId === owner.clientId)

/** @throws AuthError `invalid` */
function overlapOf(overlap: Duration | undefined, { section }: Core): Seconds {
  if (overlap === undefined) return signingKeySettings(section).overlap
  const length = secondsOf(overlap)
  if (length !== undefined && length >= 0 && length <= LONGEST_OVERLAP) return length
  throw fieldError({
    overlap: [
      'Must be a duration such as 1h or 7d, or a number of seconds; at most 90d.',
    ],
  })
}

export async function revokeSigningKey(
  id: string,
  core: Core,
  owner?: SigningKeyOwner,
): Promise<SigningKey | undefined> {
  const revoked = await keysOf(core).delete(requireString('id', id), owner)
  if (revoked === undefined) return undefined
  await record('signing_key_revoked', revoked, core)
  return publicSigningKey(revoked)
}

export async function revokeAllSigningKeys(
  owner: SigningKeyOwner,
  core: Core,
): Promise<number> {
  const { userId, clientId } = requireOwner(owner)
  const keys = await keysOf(core).deleteAll(owner)
  if (keys === 0) return 0
  const detail = { keys, ...(clientId !== undefined && { client: clientId }) }
  await core.audit.record({
    kind: 'signing_key_revoked',
    userId: userId as UserId | undefined,
    detail,
  })
  return keys
}

const record = (
  kind: 'signing_key_created' | 'signing_key_rotated' | 'signing_key_revoked',
  { id, userId, clientId, algorithm, scopes }: StoredSigningKey,
  { audit }: Core,
  more: object = {},
): Promise<void> => {
  const ofClient = clientId !== undefined && { client: clientId }
  return audit.record({
    kind,
    userId,
    detail: { key: id, algorithm, scopes, ...ofClient, ...more },
  })
}
