import { PAYLOAD_END, payloadStart } from '../hawk/normalized-string.ts'
import { SignatureError } from '../signatures/message.ts'
import type { WebCryptoKey } from './key.ts'
import { utf8 } from './message.ts'

/** The key of a client. */
export interface HawkKeyOptions {
  /** What the server calls the key. */
  readonly keyId: string
  /** The secret, as `watchword signing-key create --algorithm hawk-sha256` prints it: its UTF-8 bytes are the key. */
  readonly key: string
  /** Default `"sha256"`; `"sha1"` for old servers. */
  readonly algorithm?: 'sha256' | 'sha1'
}

/** MACs and hashes, in base64. */
export interface Macs {
  sign(text: string): Promise<string>
  verify(text: string, mac: string): Promise<boolean>
  hash(body: Uint8Array, contentType: string): Promise<string>
}

export function macsOf({ key, algorithm = 'sha256' }: HawkKeyOptions): Macs {
  const { subtle } = crypto
  const hash = algorithm.replace('sha', 'SHA-')
  let imported: Promise<WebCryptoKey> | undefined
  const keyOf = () => {
    imported ??= subtle.importKey('raw', utf8(key), { name: 'HMAC', hash }, false, [
      'sign',
      'verify',
    ])
    return imported
  }
  return {
    sign: async (text) => base64(await subtle.sign('HMAC', await keyOf(), utf8(text))),
    // Takes as long wherever they differ.
    verify: async (text, mac) => {
      const bytes = bytesOf(mac)
      if (bytes === undefined) return false
      return subtle.verify('HMAC', await keyOf(), bytes, utf8(text))
    },
    async hash(body, contentType) {
      const parts = [utf8(payloadStart(contentType)), body, utf8(PAYLOAD_END)]
      return base64(await subtle.digest(hash, await bytesIn(parts)))
    },
  }
}

const base64 = (bytes: ArrayBuffer): string => {
  const characters = Array.from(new Uint8Array(bytes), (byte) =>
    String.fromCharCode(byte),
  )
  return btoa(characters.join(''))
}

/** @returns `undefined` if it is not base64 */
function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

const bytesIn = (parts: readonly Uint8Array[]): Promise<ArrayBuffer> =>
  new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer()

/** @throws SignatureError if a value cannot be written */
export function written(write: () => string): string {
  try {
    return write()
  } catch (cause) {
    throw new SignatureError(
      'keyId, ext, app and dlg must be printable ASCII without `"` and `\\`.',
      { cause },
    )
  }
}
