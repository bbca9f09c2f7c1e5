import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.ts'
import { encodeBase64url } from '../jwt/base64url.ts'
import { webAlgorithmOf } from '../jwt/web-algorithm.ts'
import { fieldValue } from '../signatures/message.ts'
import {
  algorithmsOf,
  type JsonKey,
  publicPart,
  signWith,
  type WebCryptoKey,
} from './key.ts'
import { type OutgoingRequest, outgoing, utf8 } from './message.ts'
import { randomId } from './random-id.ts'
import type { Signer } from './signer.ts'

/** A pair of keys of WebCrypto; the private one need not be extractable. */
export interface WebCryptoKeyPair {
  readonly publicKey: WebCryptoKey
  readonly privateKey: WebCryptoKey
}

/** Options of `dpop()`. */
export interface DpopOptions {
  /** Of `dpopKey()`, or a private JSON Web Key. */
  readonly key: WebCryptoKeyPair | JsonKey
  /** Sent with each request that has no `Authorization`. Default: none, as at sign-in and refresh. */
  readonly accessToken?: string | (() => string | undefined | Promise<string | undefined>)
  /** Seconds since 1970. Default: the platform's. */
  readonly clock?: () => number
}

const ASYMMETRIC = (Object.keys(ALGORITHMS) as readonly Algorithm[]).filter(
  (name) => !name.startsWith('HS'),
)

/** A new key pair. Its private key cannot be exported; IndexedDB can keep it. */
export const dpopKey = (
  algorithm: 'ES256' | 'EdDSA' = 'ES256',
): Promise<WebCryptoKeyPair> =>
  crypto.subtle.generateKey(webAlgorithmOf(algorithm), false, [
    'sign',
    'verify',
  ]) as Promise<WebCryptoKeyPair>

/**
 * Proves with each request that the client has the key that its tokens are bound to (RFC 9449). A nonce of the server is used until it
 * sends the next one; a request that was refused for the lack of one is sent again.
 *
 * @throws TypeError if the key has no algorithm that proofs can have
 */
export function dpop(options: DpopOptions): Signer {
  const { key, clock = () => Date.now() / 1000 } = options
  const privateKey = isPair(key) ? key.privateKey : key
  const [alg] = algorithmsOf(privateKey, ASYMMETRIC)
  if (alg === undefined)
    throw new TypeError(
      '`key` must be a key pair of dpopKey(), or a private JSON Web Key.',
    )
  const sign = signWith(privateKey, alg)
  let header: Promise<string> | undefined
  const nonces = new Map<string, string>()
  return {
    async sign(request) {
      const message = outgoing(request)
      const added = await tokenToAdd(message, options)
      header ??= headerOf(key, alg)
      const claims = {
        jti: randomId(),
        htm: message.method,
        htu: message.origin + message.target.replace(/\?.*/, ''),
        iat: Math.floor(clock()),
        nonce: nonces.get(message.origin),
        ath: await hashOf(tokenIn(added ?? fieldValue(message.fields, 'authorization'))),
      }
      const signed = `${await header}.${segment(claims)}`
      const proof = `${signed}.${encodeBase64url(await sign(signed))}`
      return { headers: { dpop: proof, ...(added && { authorization: added }) }, signed }
    },

    async readAnswer(answer, request) {
      const nonce = answer.headers.get('dpop-nonce')
      if (nonce === null) return false
      nonces.set(outgoing(request).origin, nonce)
      return asksForNonce(answer)
    },
  }
}

const isPair = (key: DpopOptions['key']): key is WebCryptoKeyPair => 'privateKey' in key

const segment = (value: object): string => encodeBase64url(utf8(JSON.stringify(value)))

async function headerOf(key: DpopOptions['key'], alg: Algorithm): Promise<string> {
  const jwk = isPair(key) ? await crypto.subtle.exportKey('jwk', key.publicKey) : key
  return segment({ typ: 'dpop+jwt', alg, jwk: publicPart({ ...jwk }) })
}

/** The field `Authorization`, if the request has none. */
async function tokenToAdd(
  { fields }: OutgoingRequest,
  { accessToken }: DpopOptions,
): Promise<string | undefined> {
  if (fieldValue(fields, 'authorization') !== undefined) return undefined
  const token = typeof accessToken === 'function' ? await accessToken() : accessToken
  return token && `DPoP ${token}`
}

/** Credentials of another scheme are those of the client itself, which a proof does not name. */
const tokenIn = (authorization = ''): string | undefined =>
  /^DPoP +(\S+)$/i.exec(authorization)?.[1]

async function hashOf(token: string | undefined): Promise<string | undefined> {
  if (token === undefined) return undefined
  const digest = await crypto.subtle.digest('SHA-256', utf8(token))
  return encodeBase64url(new Uint8Array(digest))
}

/** A resource server asks in a challenge (RFC 9449 §9), an authorization server in the body (§8). */
async function asksForNonce(answer: Response): Promise<boolean> {
  const challenge = answer.headers.get('www-authenticate') ?? ''
  if (answer.status === 401) return challenge.includes('use_dpop_nonce')
  if (answer.status !== 400) return false
  return /"error"\s*:\s*"use_dpop_nonce"/.test(await answer.clone().text())
}
