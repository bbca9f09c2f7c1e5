import { type Algorithm, isAlgorithm } from '../jwt/algorithms.ts'
import { type WebAlgorithm, webAlgorithmOf } from '../jwt/web-algorithm.ts'
import { utf8 } from './message.ts'

/** A key of WebCrypto. */
export type WebCryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** A JSON Web Key (RFC 7517). */
export type JsonKey = Readonly<Record<string, unknown>>

/**
 * A secret as text, such as `watchword signing-key create` prints it (its UTF-8 bytes are the secret), or as bytes; a key in PEM (PKCS #8,
 * SPKI), as a JSON Web Key, or of WebCrypto.
 */
export type KeyInput = string | Uint8Array | JsonKey | WebCryptoKey

type Usage = 'sign' | 'verify'

const PEM = /^\s*-----BEGIN ([A-Z ]+)-----([A-Za-z\d+/=\s]+)-----END/
const isPem = (key: KeyInput): key is string =>
  typeof key === 'string' && key.trimStart().startsWith('-----BEGIN')
const isWebCryptoKey = (key: KeyInput): key is WebCryptoKey =>
  typeof key === 'object' && 'usages' in key && 'algorithm' in key

const OF_CURVE: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/**
 * The algorithms that a key fits: one, or for RSA several, or all for a format that does not say.
 *
 * @param among those of the scheme, the usual one first
 */
export function algorithmsOf(
  key: KeyInput,
  among: readonly Algorithm[],
): readonly Algorithm[] {
  if (isPem(key)) return among.filter((alg) => !alg.startsWith('HS'))
  if (typeof key === 'string' || key instanceof Uint8Array)
    return among.filter((alg) => alg.startsWith('HS'))
  if (isWebCryptoKey(key)) return among.filter((alg) => fits(webAlgorithmOf(alg), key))
  return among.filter((alg) => fitsJson(alg, key))
}

function fits({ name, hash, namedCurve }: WebAlgorithm, key: WebCryptoKey): boolean {
  const own = key.algorithm as {
    readonly name: string
    readonly hash?: { readonly name: string }
    readonly namedCurve?: string
  }
  if (own.name !== name) return false
  if (own.namedCurve !== undefined) return own.namedCurve === namedCurve
  return own.hash?.name === hash
}

function fitsJson(alg: Algorithm, { kty, crv, alg: own }: JsonKey): boolean {
  if (kty === 'RSA') return isAlgorithm(own) ? own === alg : /^[RP]S/.test(alg)
  if (kty === 'oct') return alg.startsWith('HS')
  return OF_CURVE[String(crv)] === alg
}

/** Signs texts. The key is imported by the first one. @throws TypeError if the key cannot be read */
export function signWith(
  key: KeyInput,
  alg: Algorithm,
): (text: string) => Promise<Uint8Array<ArrayBuffer>> {
  let ready: Promise<WebCryptoKey> | undefined
  return async (text) => {
    ready ??= importKey(key, alg, 'sign')
    const bytes = await crypto.subtle.sign(webAlgorithmOf(alg), await ready, utf8(text))
    return new Uint8Array(bytes)
  }
}

/** Verifies signatures. @throws TypeError if the key cannot be read */
export async function verifierOf(
  key: KeyInput,
  alg: Algorithm,
): Promise<(text: string, signature: Uint8Array<ArrayBuffer>) => Promise<boolean>> {
  const ready = await importKey(key, alg, 'verify')
  return (text, signature) =>
    crypto.subtle.verify(webAlgorithmOf(alg), ready, signature, utf8(text))
}

/** @throws TypeError if the key cannot be read, or is of another algorithm */
export async function importKey(
  key: KeyInput,
  alg: Algorithm,
  usage: Usage,
): Promise<WebCryptoKey> {
  if (isWebCryptoKey(key)) return key
  try {
    return await imported(key, webAlgorithmOf(alg), usage)
  } catch (cause) {
    throw new TypeError(
      `The key cannot be read as one for ${alg} that can ${usage}: it is of another kind, or this runtime does not support it.`,
      { cause },
    )
  }
}

function imported(
  key: Exclude<KeyInput, WebCryptoKey>,
  algorithm: WebAlgorithm,
  usage: Usage,
): Promise<WebCryptoKey> {
  const { subtle } = crypto
  if (isPem(key)) {
    const { format, bytes } = readPem(key)
    return subtle.importKey(format, bytes, algorithm, false, [usage])
  }
  if (typeof key === 'string')
    return subtle.importKey('raw', utf8(key), algorithm, false, [usage])
  if (key instanceof Uint8Array)
    return subtle.importKey('raw', new Uint8Array(key), algorithm, false, [usage])
  return subtle.importKey('jwk', definingPart(key, usage), algorithm, false, [usage])
}

/** Without members that limit its use, which differ between libraries. */
function definingPart(key: JsonKey, usage: Usage): JsonKey {
  if (usage === 'verify' && key.kty !== 'oct') return publicPart(key)
  return { ...publicPart(key), ...picked(key, PRIVATE) }
}

/** What others may see of a key pair. */
export const publicPart = (key: JsonKey): JsonKey => picked(key, PUBLIC)

const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e']
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']

const picked = (key: JsonKey, names: readonly string[]): JsonKey =>
  Object.fromEntries(names.filter((name) => name in key).map((name) => [name, key[name]]))

const FORMATS: Readonly<Record<string, 'pkcs8' | 'spki'>> = {
  'PRIVATE KEY': 'pkcs8',
  'PUBLIC KEY': 'spki',
}

function readPem(text: string) {
  const [, label = '', body = ''] = PEM.exec(text) ?? []
  const format = FORMATS[label]
  if (format === undefined)
    throw new TypeError(
      'A key in PEM must be "PRIVATE KEY" (PKCS #8) or "PUBLIC KEY": openssl pkcs8 -topk8 -nocrypt -in KEY converts others.',
    )
  const binary = atob(body.replace(/\s/g, ''))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  return { format, bytes }
}
