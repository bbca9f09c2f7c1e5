import type { KeyObject } from 'node:crypto'
import { AuthError, configError } from '../base/errors.ts'
import type { LogEntry } from '../base/log.ts'
import { type HmacAlgorithm, isHmac } from '../jwt/algorithms.ts'
import {
  type Algorithm,
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  type KeySource,
  remoteKeySet,
  type SigningKey,
  type VerifyingKey,
} from '../jwt/index.ts'
import { privateKeyFrom } from '../jwt/private-key.ts'
import { type RefreshKeyRing, RefreshKeys } from './refresh-keys.ts'

/** Keys that the options give. */
export interface ConfiguredKeys {
  /** `undefined`: tokens are checked here and issued elsewhere. */
  readonly signing: SigningKey | undefined
  readonly verifying: KeySource
  /** `undefined`: `signing` signs refresh tokens, too. */
  readonly refresh: RefreshKeyRing | undefined
}

export interface KeySettings {
  readonly algorithm?: Algorithm | undefined
  /** `undefined`: the signing key signs refresh tokens, too. */
  readonly refreshAlgorithm?: HmacAlgorithm | undefined
  readonly signingKey?: string | KeyObject | undefined
  readonly passphrase?: string | undefined
  readonly verifyingKey?: string | KeyObject | undefined
  readonly jwksUrl?: string | undefined
  readonly allowWeakKeys: boolean
}

/** Of generated and given keys. */
export const DEFAULT_ALGORITHM = 'ES256'

/**
 * Reads the keys once, so that a wrong one stops the start (D18).
 *
 * @returns `undefined` if the instance generates its keys
 * @throws AuthError `invalid_config` with a sentence that holds nothing of the key
 */
export function parseConfiguredKeys(
  settings: KeySettings,
  log: (entry: LogEntry) => void,
): ConfiguredKeys | undefined {
  const {
    algorithm = DEFAULT_ALGORITHM,
    signingKey,
    passphrase,
    verifyingKey,
    jwksUrl,
    allowWeakKeys: allowWeak,
  } = settings
  const isSecret = isHmac(algorithm)
  if (signingKey === undefined && isSecret) {
    throw configError(
      `tokens.algorithm ${algorithm} needs tokens.signingKey: the secret that both sides share.`,
    )
  }
  const signing = named('tokens.signingKey', signingKey, (key) =>
    isSecret
      ? importSecret(algorithm, key, { allowWeak })
      : importSigningKey(algorithm, key, { allowWeak, passphrase }),
  )
  const refresh = refreshKeysOf(signing, settings)
  // As in Simple JWT, options for public keys are ignored beside a secret.
  if (signing !== undefined && isSecret)
    return { signing, verifying: new KeySet([signing.verifying]), refresh }

  const verifying = named('tokens.verifyingKey', verifyingKey, (key) =>
    importVerifyingKey(algorithm, key, { allowWeak }),
  )
  if (signing !== undefined && verifying !== undefined)
    requireMatchingKeys(signing, verifying)
  if (jwksUrl !== undefined)
    return { signing, verifying: remote(jwksUrl, algorithm, log), refresh }
  const known = verifying ?? signing?.verifying
  return known && { signing, verifying: new KeySet([known]), refresh }
}

/** @returns `undefined` if the signing key signs refresh tokens, or nothing does */
function refreshKeysOf(
  signing: SigningKey | undefined,
  { signingKey = '', passphrase, refreshAlgorithm: alg }: KeySettings,
): RefreshKeyRing | undefined {
  if (signing === undefined || alg === undefined) return undefined
  const keys = new RefreshKeys({
    verifying: new KeySet([signing.verifying]),
    privateKey: () => privateKeyFrom(signingKey, { passphrase }),
  })
  return { verifying: keys, signing: () => keys.signing(alg, signing.kid) }
}

function named<Key>(
  option: string,
  given: string | KeyObject | undefined,
  read: (given: string | KeyObject) => Key,
): Key | undefined {
  if (given === undefined) return undefined
  try {
    return read(given)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw configError(`${option} cannot be used: ${error.message}.`, error)
  }
}

function requireMatchingKeys(signing: SigningKey, verifying: VerifyingKey): void {
  const probe = 'a probe'
  if (verifying.verifyText(probe, signing.sign(probe))) return
  throw configError(
    'tokens.verifyingKey does not belong to tokens.signingKey: leave it out, and it is derived.',
  )
}

const remote = (
  url: string,
  algorithm: Algorithm,
  log: (entry: LogEntry) => void,
): KeySource =>
  remoteKeySet(url, {
    algorithm,
    coolDown: 10,
    onError: (error) =>
      log({
        level: 'warn',
        event: 'the key set could not be read',
        url,
        reason: String(error),
      }),
  })
