import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.ts'
import {
  algorithmOf,
  base64urlMember,
  type Jwk,
  MEMBERS,
  parseJwk,
  rejectPrivate,
  rejectUnreadable,
  rejectUnsuitable,
} from '../jwt/jwk.ts'
import { invalidKey, type PublicJwk, parseKid } from '../jwt/key.ts'

/** Checks signatures of one algorithm with WebCrypto. */
export interface WebKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** The members that make the key: the same text for the same key. */
  readonly print: string
  verify(
    signed: Uint8Array<ArrayBuffer>,
    signature: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>
}

interface Params {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
}

/** How WebCrypto imports and checks (Web Cryptography API §18, §19; Ed25519: WICG Secure Curves). */
interface Way {
  readonly imports: Params
  readonly checks: Params
  /** Octets of a signature. */
  readonly length: number
}

/**
 * A public key of a key set.
 *
 * @param given `undefined`: the key says its algorithm, or its curve does
 * @throws AuthError `invalid_key` where it is a secret or private, for something else, too weak, not in its canonical form (K5, K6), or
 *   of a kind that the runtime does not know
 */
export async function importWebKey(entry: unknown, given?: Algorithm): Promise<WebKey> {
  const jwk = parseJwk(entry, 'verify')
  if (jwk.kty === 'oct')
    throw invalidKey('a secret stands in a key set that others can read')
  rejectPrivate(jwk)
  rejectUnreadable(jwk)
  const alg = algorithmOf(given, jwk)
  const members = membersOf(jwk)
  rejectUnsuitable(alg, members, false)
  const { imports, checks, length } = wayOf(alg, members)
  const key = await crypto.subtle
    .importKey('jwk', { ...members }, imports, false, ['verify'])
    .catch((cause) => {
      throw invalidKey(
        'the key cannot be read: it is damaged, or of a kind that this runtime does not know',
        cause,
      )
    })
  return {
    alg,
    kid: parseKid(jwk.kid),
    print: JSON.stringify(members),
    verify: async (signed, signature) =>
      signature.length === length && crypto.subtle.verify(checks, key, signature, signed),
  }
}

const membersOf = (jwk: Jwk): PublicJwk =>
  Object.fromEntries(
    [...MEMBERS[jwk.kty as PublicJwk['kty']]].map((member) => [member, jwk[member]]),
  ) as unknown as PublicJwk

function wayOf(alg: Algorithm, jwk: PublicJwk): Way {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'hmac':
      throw invalidKey(`${alg} is checked with a secret, and this is a public key`)
    case 'ec':
      return {
        imports: { name: 'ECDSA', namedCurve: details.curve },
        checks: { name: 'ECDSA', hash: hashOf(details) },
        length: 2 * details.bytes,
      }
    case 'rsa': {
      const name = details.salt === undefined ? 'RSASSA-PKCS1-v1_5' : 'RSA-PSS'
      return {
        imports: { name, hash: hashOf(details) },
        checks:
          details.salt === undefined ? { name } : { name, saltLength: details.salt },
        length: modulusOctets(jwk),
      }
    }
    case 'okp': {
      const name = jwk.crv!
      return { imports: { name }, checks: { name }, length: name === 'Ed448' ? 114 : 64 }
    }
  }
}

const hashOf = ({ hash }: { readonly hash: string }): string =>
  hash.replace('sha', 'SHA-')

/** Without zeros in front. */
function modulusOctets(jwk: PublicJwk): number {
  const bytes = base64urlMember({ ...jwk }, 'n')
  return bytes.length - bytes.findIndex((octet) => octet !== 0)
}
