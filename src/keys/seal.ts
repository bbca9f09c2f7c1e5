import { hkdfSync } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import { openText, sealText } from './sealed-text.ts'

/** A key of its own for each purpose, so that none can stand in for another (K11; HKDF, RFC 5869). */
export const derivedKey = (secret: Secret, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `watchword ${purpose}`, 32))

const PURPOSE = 'signing keys at rest'

/** Encrypts a private key under the first secret, for the row with the id `context`. */
export const seal = (
  text: string,
  context: string,
  secrets: readonly Secret[],
  random: Random,
): string => sealText(text, context, derivedKey(secrets[0]!, PURPOSE), random)

/** Decrypts with the secret that encrypted it. @throws AuthError `wrong_secret` if none did */
export function unseal(
  sealed: string,
  context: string,
  secrets: readonly Secret[],
): string {
  for (const secret of secrets) {
    const text = decrypt(sealed, context, secret)
    if (text !== undefined) return text
  }
  throw new AuthError(
    'wrong_secret',
    'The signing keys in the database cannot be decrypted with this secret: set the secret they were created with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one).',
  )
}

/** Whether this secret decrypts it. */
export const isSealedBy = (secret: Secret, sealed: string, context: string): boolean =>
  decrypt(sealed, context, secret) !== undefined

const decrypt = (sealed: string, context: string, secret: Secret): string | undefined =>
  openText(sealed, context, derivedKey(secret, PURPOSE))
