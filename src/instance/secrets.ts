import { configError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import { derivedKey } from '../keys/seal.ts'
import { developmentSecret } from './development-secret.ts'

/** @param hasKeys whether the store holds keys that one of the secrets has encrypted @throws AuthError `invalid_config` */
export type Secrets = (hasKeys?: boolean) => readonly Secret[]

export interface SecretSettings {
  /** The option `secret`; empty without it. */
  readonly secrets: readonly Secret[]
  /** `tokens.signingKey`, if it is a shared secret. */
  readonly sharedSecret: Secret | undefined
  readonly random: Random
  readonly log: Log
}

/**
 * The configured secrets; else the signing key, if it is a secret; else one that is generated and kept beside the database.
 *
 * @param file of the database; without one, each process would generate a different secret
 */
export function chooseSecrets(
  { secrets, sharedSecret, random, log }: SecretSettings,
  file: string | undefined,
): Secrets {
  let fallback: readonly Secret[] | undefined
  return (hasKeys = false) => {
    if (secrets.length > 0) return secrets
    fallback ??= [sharedSecret ?? generatedSecret(file, random, hasKeys, log)]
    return fallback
  }
}

function generatedSecret(
  file: string | undefined,
  random: Random,
  hasKeys: boolean,
  log: Log,
): Secret {
  if (file !== undefined) return developmentSecret(file, random, hasKeys, log)
  throw configError(
    'A database that several processes share needs a secret, the same for all: give one as WATCHWORD_SECRET or as the option "secret", made with "openssl rand -base64 48".',
  )
}

/** Derives the keys of a purpose once. */
export function derivedKeysFrom(
  secrets: Secrets,
): (purpose: string) => readonly Uint8Array[] {
  const known = new Map<string, readonly Uint8Array[]>()
  return (purpose) => {
    const keys =
      known.get(purpose) ?? secrets().map((secret) => derivedKey(secret, purpose))
    known.set(purpose, keys)
    return keys
  }
}
