import type { KeyObject } from 'node:crypto'
import type { Clock, Seconds } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import {
  type Algorithm,
  generateKey,
  importSigningKey,
  importVerifyingKey,
  type SigningKey,
  type VerifyingKey,
} from '../jwt/index.ts'
import { privateKeyFrom } from '../jwt/private-key.ts'
import type { KeySummary } from './key-ring.ts'
import type { KeyRecord, Stage } from './keys.ts'
import { seal, unseal } from './seal.ts'

export interface MakeKeyDeps {
  /** The first encrypts, all decrypt. */
  readonly secrets: readonly Secret[]
  readonly random: Random
  readonly clock: Clock
}

export function makeKey(
  stage: Stage,
  algorithm: Algorithm,
  tokenLife: Seconds,
  { secrets, random, clock }: MakeKeyDeps,
): KeyRecord {
  const { privatePem, publicJwk, kid } = generateKey(algorithm)
  const sealed = seal(privatePem, kid, secrets, random)
  return {
    id: kid,
    algorithm,
    stage,
    publicJwk,
    sealed,
    createdAt: clock(),
    tokenLife,
    verifiesUntil: undefined,
  }
}

/** @throws AuthError `wrong_secret` */
export const signingKeyOf = (
  { id, algorithm, sealed }: KeyRecord,
  secrets: readonly Secret[],
): SigningKey => importSigningKey(algorithm, unseal(sealed, id, secrets), { kid: id })

/** @throws AuthError `wrong_secret` */
export const privateKeyOf = (
  { id, sealed }: KeyRecord,
  secrets: readonly Secret[],
): KeyObject => privateKeyFrom(unseal(sealed, id, secrets))

export const verifyingKeyOf = ({ algorithm, publicJwk, id }: KeyRecord): VerifyingKey =>
  importVerifyingKey(algorithm, publicJwk, { kid: id })

export const summaryOf = (key: KeyRecord): KeySummary => ({
  id: key.id,
  algorithm: key.algorithm,
  stage: key.stage,
  createdAt: key.createdAt,
  verifiesUntil: key.verifiesUntil,
})

/** The key that signs, and the one that will. */
export interface Stages {
  readonly current: KeyRecord
  readonly next: KeyRecord
}

/** @throws AuthError `invalid_config` if the database lacks one */
export const stagesOf = (records: readonly KeyRecord[]): Stages => ({
  current: recordOf(records, 'current'),
  next: recordOf(records, 'next'),
})

function recordOf(records: readonly KeyRecord[], stage: Stage): KeyRecord {
  const record = records.find((candidate) => candidate.stage === stage)
  if (record === undefined)
    throw configError(
      `The database has no ${stage} signing key: restore the table "keys" from a backup, or delete its rows to create new keys.`,
    )
  return record
}
