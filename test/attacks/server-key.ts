import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import type { TokenOptions } from '../../src/options.ts'
import type { Profile } from './corpus.ts'

/**
 * With what a server verifies the tokens of a profile. A secret of the corpus is any octets and an option is text, so the server
 * is given the secret's text; `forServer` signs anew what was signed with the octets.
 */
export function serverKeyOf({ keys: [jwk] }: Profile): Pick<TokenOptions, 'signingKey' | 'verifyingKey'> {
  if (jwk?.kty === 'oct') return { signingKey: String(jwk.k) }
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  return { verifyingKey: key.export({ format: 'pem', type: 'spki' }) as string }
}

/** A text of the corpus in which every token that the profile's secret signed has the signature of the server's. Nothing else changes. */
export function forServer(text: string, { keys: [jwk], algorithms: [alg] }: Profile): string {
  const details = ALGORITHMS[alg as Algorithm]
  if (details.kind !== 'hmac') return text
  const mac = (key: Buffer, signed: string): string => createHmac(details.hash, key).update(signed).digest('base64url')
  const [theirs, ours] = [Buffer.from(String(jwk?.k), 'base64url'), Buffer.from(String(jwk?.k))]
  // A token begins with eyJ, `{"` in base64url, wherever it stands in a longer word.
  return text.replace(/(eyJ[\w-]*\.[\w-]*)\.([\w-]+)/g, (whole, signed: string, signature: string) =>
    mac(theirs, signed) === signature ? `${signed}.${mac(ours, signed)}` : whole,
  )
}
