import type { ProofKey } from './proof-keys.ts'

/** Of P-256. */
interface PublicJwk {
  readonly crv: string
  readonly kty: string
  readonly x: string
  readonly y: string
}

interface Subtle {
  generateKey(algorithm: object, isExtractable: boolean, uses: string[]): Promise<unknown>
  exportKey(format: 'jwk', key: unknown): Promise<PublicJwk>
  sign(algorithm: object, key: unknown, data: Uint8Array): Promise<ArrayBuffer>
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>
}

const subtleOf = (): Subtle =>
  (globalThis.crypto as unknown as { readonly subtle: Subtle }).subtle

/** WebCrypto, which pages without https do not have. */
export const hasCrypto = (): boolean => globalThis.crypto?.subtle !== undefined

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export const newKey = (): Promise<ProofKey> =>
  subtleOf().generateKey(ES256, false, ['sign']) as Promise<ProofKey>

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const base64url = (data: Uint8Array): string =>
  btoa(String.fromCharCode(...data))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

const encoded = (value: object): string => base64url(bytesOf(JSON.stringify(value)))

async function digestOf(text: string): Promise<string> {
  const digest = await subtleOf().digest('SHA-256', bytesOf(text))
  return base64url(new Uint8Array(digest))
}

/** What a proof is of. */
export interface Proven {
  readonly method: string
  readonly address: string
  /** Unix time in seconds. */
  readonly at: number
  readonly access?: string | undefined
  readonly nonce?: unknown
}

/** A proof of possession for one request (RFC 9449 §4.2). */
export async function proofOf(key: ProofKey, of: Proven): Promise<string> {
  const { method, address, at, access, nonce } = of
  const { crv, kty, x, y } = await subtleOf().exportKey('jwk', key.publicKey)
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } }
  const claims = {
    jti: globalThis.crypto.randomUUID(),
    htm: method.toUpperCase(),
    htu: address.replace(/[?#].*/, ''),
    iat: Math.floor(at),
    // Without a value, neither is in the JSON.
    ath: access && (await digestOf(access)),
    nonce,
  }
  const signed = `${encoded(header)}.${encoded(claims)}`
  const signature = await subtleOf().sign(ES256, key.privateKey, bytesOf(signed))
  return `${signed}.${base64url(new Uint8Array(signature))}`
}
