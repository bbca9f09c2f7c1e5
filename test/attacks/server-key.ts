import { createHash, createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import type { TokenOptions } from '../../src/settings/options.ts'
import type { Jwk, Profile } from './corpus.ts'

/**
 * The key with which a server verifies the tokens of a profile. A secret of the corpus may be any bytes, but the option is a
 * string, so the server gets another secret; `forServer` signs the corpus's tokens with it.
 */
export function serverKeyOf({
  keys: [jwk],
}: Profile): Pick<TokenOptions, 'signingKey' | 'verifyingKey'> {
  if (jwk?.kty === 'oct') return { signingKey: secretFor(jwk) }
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  return { verifyingKey: key.export({ format: 'pem', type: 'spki' }) as string }
}

/** No token of the corpus is signed with this secret. */
const secretFor = ({ k }: Jwk): string =>
  createHash('sha512').update(`of the server: ${k}`).digest('hex')

/** Replaces the signature of every token that the profile's secret signed by one of the server's secret. */
export function forServer(
  text: string,
  { keys: [jwk], algorithms: [alg] }: Profile,
): string {
  const details = ALGORITHMS[alg as Algorithm]
  if (jwk === undefined || details.kind !== 'hmac') return text
  const mac = (key: string | Buffer, signed: string): string =>
    createHmac(details.hash, key).update(signed).digest('base64url')
  const [theirs, ours] = [Buffer.from(String(jwk.k), 'base64url'), secretFor(jwk)]
  return text.replace(/[\w.-]+/g, (word) => {
    for (const start of startsIn(word)) {
      const [header, payload, signature, ...rest] = word.slice(start).split('.')
      const signed = `${header}.${payload}`
      if (
        signature !== undefined &&
        rest.length === 0 &&
        mac(theirs, signed) === signature
      ) {
        return `${word.slice(0, start)}${signed}.${mac(ours, signed)}`
      }
    }
    return word
  })
}

/** A server reads no longer token. */
const LONGEST = 65_536

/** Where a token may begin: a word itself, or `{` in base64url within its first segment. */
function startsIn(word: string): number[] {
  if (word.length > LONGEST || !word.includes('.')) return []
  const within = [...word.slice(0, word.indexOf('.')).matchAll(/e[wy]/g)].map(
    ({ index }) => index,
  )
  return [...new Set([0, ...within])]
}
