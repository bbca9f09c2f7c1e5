import { decodeBase64url } from '../jwt/base64url.ts'

/** Decodes base64 with its padding (RFC 4648 §4), in any runtime. @returns `undefined` for any other spelling */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const [digits = ''] = text.split('=', 1)
  if (text.length % 4 !== 0 || text.length - digits.length > 2) return undefined
  if (text.slice(digits.length) !== '='.repeat(text.length - digits.length))
    return undefined
  if (/[-_]/.test(digits)) return undefined
  return decodeBase64url(digits.replaceAll('+', '-').replaceAll('/', '_'))
}
