import { createHmac } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import { openText, sealText } from '../../keys/sealed-text.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { requireConfirmed } from '../accounts/confirm.ts'
import { limitWrongDigits } from '../codes/limits.ts'
import type { AddedCredential, Core } from '../core.ts'
import type { Credential, CredentialId } from './credential.ts'
import { forgetDevices } from './devices.ts'
import { base32, findStep, otpauthUri, SECRET_BYTES } from './one-time-password.ts'
import { secondFactorOptions } from './options.ts'
import { credentialsOf } from './sql.ts'

/** A second factor of a user, without its secret. */
export interface Factor {
  readonly id: string
  readonly kind: 'totp' | 'passkey'
  readonly label: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
}

/** A new TOTP authenticator, before its first password. Only this call returns the secret. */
export interface NewTotp {
  readonly id: string
  /** Base32, to type. */
  readonly secret: string
  /** For a QR code. */
  readonly uri: string
}

/** A user has no more authenticators than this, confirmed or not. */
const MAX_FACTORS = 10

/** The second factors that work. */
export async function listFactors(
  userId: UserId,
  core: Core,
): Promise<readonly Factor[]> {
  const all = await credentialsOf(core).list(userId)
  return all.filter(isFactor).map(factorOf)
}

type FactorCredential = Credential & Pick<Factor, 'kind'>

const factorOf = (credential: FactorCredential) => ({
  id: credential.id,
  kind: credential.kind,
  label: credential.label,
  createdAt: credential.createdAt,
  lastUsedAt: credential.lastUsedAt,
})

/** The factors that were added at `since` or later. Passkeys among them no longer sign in alone. */
export async function suspendSince(
  userId: UserId,
  since: UnixSeconds,
  core: Core,
): Promise<readonly AddedCredential[]> {
  const credentials = credentialsOf(core)
  await credentials.suspendPasskeys(userId, since, core.clock())
  const all = (await credentials.list(userId)).filter(isFactor).map(factorOf)
  return all.filter(({ createdAt }) => createdAt >= since)
}

const isFactor = (credential: Credential): credential is FactorCredential =>
  credential.kind !== 'recovery' && credential.confirmedAt !== undefined

const isConfirmedTotp = (credential: Credential): boolean =>
  credential.kind === 'totp' && isFactor(credential)

/** Instances with the option `passkeys`. */
const WITH_PASSKEYS = new WeakSet<Core>()

/** Says that passkeys can be used as a second step. */
export const offerPasskeys = (core: Core): void => void WITH_PASSKEYS.add(core)

/** What a user without a second factor can add while signing in. */
export const addableFactors = (core: Core): readonly Factor['kind'][] => [
  'totp',
  ...listIf(WITH_PASSKEYS.has(core), 'passkey' as const),
]

/** How a second step can be done. */
export type SecondMethod = 'totp' | 'passkey' | 'recovery'

/** What a user can use as a second step. Without an authenticator or passkey, nothing: recovery codes stand for one. */
export async function secondMethods(
  userId: UserId,
  core: Core,
): Promise<readonly SecondMethod[]> {
  const all = await credentialsOf(core).list(userId)
  const methods: SecondMethod[] = []
  if (all.some(isConfirmedTotp)) methods.push('totp')
  const isPasskey = (each: Credential) => each.kind === 'passkey' && isFactor(each)
  if (WITH_PASSKEYS.has(core) && all.some(isPasskey)) methods.push('passkey')
  const hasCodes = all.some(({ kind }) => kind === 'recovery')
  if (methods.length > 0 && hasCodes) return [...methods, 'recovery']
  return methods
}

/**
 * Makes a TOTP authenticator (RFC 6238). It works once `confirmTotp` has seen a password of it.
 *
 * @throws AuthError `invalid` if the user has ten already, or has signed up and not confirmed the address; `user_not_found`
 */
export async function beginTotp(
  user: StoredUser,
  label: string,
  core: Core,
): Promise<NewTotp> {
  await requireConfirmed(user, core)
  const credentials = credentialsOf(core)
  const existing = await credentials.list(user.id)
  if (existing.filter(({ kind }) => kind === 'totp').length >= MAX_FACTORS)
    throw new AuthError('invalid', undefined, {
      body: { non_field_errors: ['You have too many authenticators: remove one.'] },
    })
  const id = hexId(core.random) as CredentialId
  const secret = core.random(SECRET_BYTES)
  const isInserted = await credentials.insert({
    id,
    kind: 'totp',
    userId: user.id,
    label,
    secret: sealedSecret(id, secret, core),
    counter: -1,
    createdAt: core.clock(),
    confirmedAt: undefined,
    lastUsedAt: undefined,
  })
  if (!isInserted) throw new AuthError('user_not_found')
  const shown = base32(secret)
  return { id, secret: shown, uri: totpUriOf(user, shown, core) }
}

/** What an authenticator app reads from a QR code. @param secret in base32 */
export function totpUriOf(
  { email, username }: StoredUser,
  secret: string,
  core: Pick<Core, 'section'>,
): string {
  const { issuer = 'watchword' } = core.section(secondFactorOptions) ?? {}
  return otpauthUri(email ?? username, issuer, secret)
}

/**
 * Makes an authenticator work, with a password that it shows.
 *
 * @param options.onlyAsFirst whether the user must have no other second factor
 * @param options.notice written with the change
 * @returns new recovery codes with the first authenticator, else none
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function confirmTotp(
  userId: UserId,
  id: string,
  password: string,
  core: Core,
  { onlyAsFirst = false, notice }: Confirmation = {},
): Promise<readonly string[]> {
  const credentials = credentialsOf(core)
  const all = await credentials.list(userId)
  const credential = all.find((each) => each.id === id && each.kind === 'totp')
  await limitedGuess(userId, core, async () => {
    if (credential === undefined) return false
    const now = core.clock()
    const step = findStep(openedSecret(credential, core), password, now)
    if (step === undefined) return false
    const use = { counter: step, now }
    return credentials.confirm(credential.id, use, onlyAsFirst, notice)
  })
  void core.audit.record({ kind: 'factor_added', userId, detail: { factor: id } })
  if (all.some(isFactor)) return []
  return newRecoveryCodes(userId, core)
}

interface Confirmation {
  readonly onlyAsFirst?: boolean
  readonly notice?: JointWrite | undefined
}

/**
 * Checks a second factor: the password of an authenticator, or a recovery code. Each works once.
 *
 * @throws AuthError `invalid_code`; `throttled` after too many wrong ones
 */
export const useSecondFactor = (
  userId: UserId,
  code: string,
  core: Core,
): Promise<void> =>
  limitedGuess(userId, core, async () => {
    const credentials = credentialsOf(core)
    for (const each of (await credentials.list(userId)).filter(isConfirmedTotp)) {
      const now = core.clock()
      const step = findStep(openedSecret(each, core), code, now)
      if (step !== undefined && (await credentials.advance(each.id, step, now)))
        return true
    }
    return credentials.redeem(userId, recoveryDigests(userId, code, core))
  })

async function limitedGuess(
  userId: UserId,
  core: Core,
  isRight: () => Promise<boolean>,
): Promise<void> {
  const { kind } = await limitWrongDigits(
    { purpose: 'second_factor', target: userId },
    core,
    async () => ({ kind: (await isRight()) ? 'right' : 'wrong' }),
  )
  if (kind === 'right') return
  void core.audit.record({ kind: 'second_factor_failed', userId })
  throw new AuthError('invalid_code', 'the second factor is wrong, or was used before')
}

/**
 * Removes an authenticator; with the last one, the recovery codes.
 *
 * @param notice written with the change
 * @returns `false` if there is none with this id
 */
export async function removeFactor(
  userId: UserId,
  id: string,
  core: Core,
  notice?: JointWrite,
): Promise<boolean> {
  const credentials = credentialsOf(core)
  if (!(await credentials.deleteTotp(id as CredentialId, userId, notice))) return false
  await factorRemoved(userId, id, core)
  return true
}

/** Records it, and deletes the recovery codes if it was the last one. */
export async function factorRemoved(
  userId: UserId,
  id: string,
  core: Core,
): Promise<void> {
  void core.audit.record({ kind: 'factor_removed', userId, detail: { factor: id } })
  await credentialsOf(core).deleteUnusedRecoveryCodes(userId)
}

/** Removes all second factors of a user who has lost them. @returns how many authenticators and passkeys there were */
export async function resetFactors(userId: UserId, core: Core): Promise<number> {
  const factors = await deleteFactors(userId, core)
  await core.audit.record({ kind: 'factor_removed', userId, detail: { factors } })
  return factors
}

/** Removes the factors that another person has added. */
export async function removeUnconfirmedFactors(
  userId: UserId,
  core: Core,
): Promise<void> {
  const factors = await deleteFactors(userId, core)
  if (factors > 0)
    await core.audit.record({ kind: 'factor_removed', userId, detail: { factors } })
}

/** @returns how many there were, without those that were never confirmed */
async function deleteFactors(userId: UserId, core: Core): Promise<number> {
  const { length } = await listFactors(userId, core)
  await credentialsOf(core).deleteAll(userId)
  await forgetDevices(userId, core)
  return length
}

/** How many recovery codes a user gets. */
const RECOVERY_CODES = 10

/** 80 random bits each (O12), in four groups of four characters. */
const RECOVERY_BYTES = 10

/**
 * Replaces the recovery codes of a user. Only this call returns them.
 *
 * @param notice written with them
 * @throws AuthError `user_not_found`
 */
export async function newRecoveryCodes(
  userId: UserId,
  core: Core,
  notice?: JointWrite,
): Promise<readonly string[]> {
  const { random, clock, audit } = core
  const now = clock()
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    base32(random(RECOVERY_BYTES))
      .replace(/.{4}(?=.)/g, '$&-')
      .toLowerCase(),
  )
  const rows = codes.map(
    (code): Credential => ({
      id: hexId(random) as CredentialId,
      kind: 'recovery',
      userId,
      label: '',
      secret: recoveryDigests(userId, code, core)[0]!,
      counter: -1,
      createdAt: now,
      confirmedAt: now,
      lastUsedAt: undefined,
    }),
  )
  if (!(await credentialsOf(core).replaceRecoveryCodes(userId, rows, notice)))
    throw new AuthError('user_not_found')
  void audit.record({ kind: 'recovery_codes_created', userId })
  return codes
}

/** Under each of the instance's secrets, the newest first. */
const recoveryDigests = (
  userId: UserId,
  code: string,
  { derivedKeys }: Pick<Core, 'derivedKeys'>,
): readonly string[] => {
  const normal = code.toUpperCase().replace(/[\s-]/g, '')
  return derivedKeys('recovery codes').map((key) =>
    createHmac('sha256', key)
      .update(JSON.stringify([userId, normal]))
      .digest('base64url'),
  )
}

const SEALED = 'second factors'

const sealedSecret = (id: string, secret: Uint8Array, core: Core): string =>
  sealText(
    Buffer.from(secret).toString('base64url'),
    id,
    core.derivedKeys(SEALED)[0]!,
    core.random,
  )

/** @throws AuthError `wrong_secret` if the instance's secrets do not open it: the factor is not wrong, it cannot be checked */
function openedSecret({ id, secret }: Credential, core: Core): Uint8Array {
  for (const key of core.derivedKeys(SEALED)) {
    const text = openText(secret, id, key)
    if (text !== undefined) return Buffer.from(text, 'base64url')
  }
  throw new AuthError(
    'wrong_secret',
    'The second factors in the database cannot be decrypted with this secret: set the secret they were created with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one).',
  )
}
