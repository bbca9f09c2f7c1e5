import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from '../base/random.ts'

/** The authentication tag of AES-GCM, at the end of the ciphertext. */
const TAG_BYTES = 16

/**
 * Encrypts with AES-256-GCM. `context` is authenticated with it: a sealed text that is moved to another row does not open.
 *
 * @param key 32 bytes, derived for one purpose
 * @returns `v1.<nonce>.<ciphertext and tag>`, base64url
 */
export function sealText(
  text: string,
  context: string,
  key: Uint8Array,
  random: Random,
): string {
  const nonce = random(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return `v1.${Buffer.from(nonce).toString('base64url')}.${sealed.toString('base64url')}`
}

/** @returns `undefined` if another key sealed it, or it was changed */
export function openText(
  sealed: string,
  context: string,
  key: Uint8Array,
): string | undefined {
  const [version, nonce = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  if (version !== 'v1' || bytes.length < TAG_BYTES) return undefined
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
