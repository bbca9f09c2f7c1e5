import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'

/** A key of its own for each purpose, so that none can stand in for another (K11; HKDF, RFC 5869). */
export const derivedKey = (secret: Secret, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `watchword ${purpose}`, 32))

const PURPOSE = 'signing keys at rest'

/**
 * Encrypts with AES-256-GCM under the first secret. `context` is authenticated with it: a sealed text moved to another row
 * does not open.
 *
 * @returns `v1.<nonce>.<ciphertext and tag>`, base64url
 */
export function seal(
  text: string,
  context: string,
  secrets: readonly Secret[],
  random: Random,
): string {
  const nonce = random(12)
  const cipher = createCipheriv('aes-256-gcm', derivedKey(secrets[0]!, PURPOSE), nonce)
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return `v1.${Buffer.from(nonce).toString('base64url')}.${sealed.toString('base64url')}`
}

/** Decrypts with the secret that sealed it. @throws AuthError `invalid_config` if none did */
export function unseal(
  sealed: string,
  context: string,
  secrets: readonly Secret[],
): string {
  const [version, nonce = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  if (version === 'v1' && bytes.length >= 16) {
    for (const secret of secrets) {
      try {
        const decipher = createDecipheriv(
          'aes-256-gcm',
          derivedKey(secret, PURPOSE),
          Buffer.from(nonce, 'base64url'),
        )
        decipher.setAAD(Buffer.from(context))
        decipher.setAuthTag(bytes.subarray(-16))
        return Buffer.concat([
          decipher.update(bytes.subarray(0, -16)),
          decipher.final(),
        ]).toString('utf8')
      } catch {
        // Sealed with another secret: the next one is tried.
      }
    }
  }
  throw new AuthError(
    'invalid_config',
    'The signing keys in the database cannot be opened with this secret: give back the secret they were made with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one).',
  )
}

/** Whether it needs this secret alone. */
export function isSealedBy(secret: Secret, sealed: string, context: string): boolean {
  try {
    unseal(sealed, context, [secret])
    return true
  } catch {
    return false
  }
}
