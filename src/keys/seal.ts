import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'

/** A key of its own for each purpose, so that none can stand in for another (K11; HKDF, RFC 5869). */
export const derivedKey = (secret: Secret, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `watchword ${purpose}`, 32))

const PURPOSE = 'signing keys at rest'

/** The authentication tag of AES-GCM, at the end of the ciphertext. */
const TAG_BYTES = 16

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

/** @returns `undefined` if another secret encrypted it */
function decrypt(sealed: string, context: string, secret: Secret): string | undefined {
  const [version, nonce = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  if (version !== 'v1' || bytes.length < TAG_BYTES) return undefined
  const key = derivedKey(secret, PURPOSE)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'))
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const start = decipher.update(bytes.subarray(0, -TAG_BYTES))
    return Buffer.concat([start, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
