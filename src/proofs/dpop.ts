import type { Awaitable } from '../base/awaitable.ts'
import { after, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Algorithm } from '../jwt/algorithms.ts'
import { decodeBase64url } from '../jwt/base64url.ts'
import { claimFault, isId } from '../jwt/claims.ts'
import { type Dots, EXTENSIONS, splitCompact } from '../jwt/compact.ts'
import { type Claims, parseObject } from '../jwt/json.ts'
import { type Jwk, MEMBERS, parseJwk, rejectPrivate } from '../jwt/jwk.ts'
import { PROOF_ALGORITHMS } from './proof-algorithms.ts'
import { isSameTarget } from './target.ts'

/** Limit of a proof's length. */
const MAX_BYTES = 8192

/** How old a proof may be, and how far the clock of its client may be ahead. */
const WINDOW: Seconds = seconds(60)

/** The request that a proof must be for. */
export interface ProvenRequest {
  /** The header `DPoP`; `undefined` if there is none. Several are joined by commas, which no proof contains. */
  readonly header: string | undefined
  readonly method: string
  /** The public address: those that name it; their queries are ignored. */
  readonly addresses: readonly string[]
  /** The token that comes with it, of which the proof must then have the hash. */
  readonly accessToken?: string | undefined
  readonly now: UnixSeconds
  /** Whether the proof's nonce is one that the server has issued. `undefined`: none is required. */
  isNonce?(nonce: unknown): boolean
}

/** A proof that is valid, if it is presented for the first time. */
export interface DpopProof {
  /** The thumbprint of the key (RFC 7638). */
  readonly jkt: string
  readonly jti: string
  readonly iat: number
  /** The last moment at which it would be valid. */
  readonly until: UnixSeconds
}

/** The cryptography of the runtime. */
export interface ProofCrypto {
  /** Imports a public key. @throws AuthError `invalid_key` */
  importKey(jwk: Jwk, alg: Algorithm): Awaitable<ProofKey>
  /** In base64url. */
  sha256(text: string): Awaitable<string>
}

export interface ProofKey {
  /** @param signature in base64url */
  verifyText(signed: string, signature: string): Awaitable<boolean>
}

interface KnownKey {
  readonly key: ProofKey
  readonly jkt: string
}

/** How many keys are cached: importing one takes longer than a verification. */
const CACHED_KEYS = 1000

/** Checks DPoP proofs (RFC 9449 §4.3). That a proof was not presented before is for its caller to check, last. */
export class DpopChecker {
  readonly #crypto: ProofCrypto
  /** By the encoded header of a proof whose signature was valid, which is the same in all proofs of a client. */
  readonly #known = new Map<string, KnownKey>()

  constructor(crypto: ProofCrypto) {
    this.#crypto = crypto
  }

  /** @throws AuthError `invalid_dpop_proof`; `use_dpop_nonce` if nothing else is wrong with it */
  async check(request: ProvenRequest): Promise<DpopProof> {
    const { header } = request
    if (header === undefined) throw refused('the request has no proof')
    try {
      const { claims, jkt } = await this.#verify(header)
      return { jkt, ...(await this.#judge(claims, request)) }
    } catch (error) {
      throw asRefused(error)
    }
  }

  async #verify(
    proof: string,
  ): Promise<{ readonly claims: Claims; readonly jkt: string }> {
    const dots = splitCompact(proof, MAX_BYTES)
    const header = proof.slice(0, dots.first)
    const known = this.#known.get(header) ?? (await this.#keyIn(header))
    const isValid = await known.key.verifyText(...signedParts(proof, dots))
    if (!isValid) throw refused('the signature is not valid')
    this.#remember(header, known)
    return {
      claims: parseSegment(proof.slice(dots.first + 1, dots.second)),
      jkt: known.jkt,
    }
  }

  async #keyIn(segment: string): Promise<KnownKey> {
    const header = parseSegment(segment)
    const alg = algorithmIn(header)
    const jwk = publicKeyIn(header)
    const { importKey, sha256 } = this.#crypto
    const key = await importKey(jwk, alg)
    // In the order of RFC 7638 §3.2, in which `MEMBERS` has them.
    return { key, jkt: await sha256(JSON.stringify(jwk)) }
  }

  #remember(header: string, known: KnownKey): void {
    if (this.#known.has(header)) return
    const [oldest] = this.#known.keys()
    if (this.#known.size >= CACHED_KEYS && oldest !== undefined)
      this.#known.delete(oldest)
    this.#known.set(header, known)
  }

  async #judge(claims: Claims, request: ProvenRequest): Promise<Omit<DpopProof, 'jkt'>> {
    const { method, addresses, accessToken, now } = request
    const { htm, htu, jti, iat, ath, nonce } = claims
    const fault = claimFault(claims, EXPECTED, now)
    if (fault !== undefined) throw refused(`its claims are refused: ${fault}`)
    if (typeof iat !== 'number' || !(now - iat <= WINDOW)) throw refused('it is too old')
    if (!isId(jti)) throw refused('it has no jti')
    if (htm !== method) throw refused('it is for another method')
    if (!addresses.some((address) => isSameTarget(htu, address)))
      throw refused('it is for another address')
    if (accessToken !== undefined && ath !== (await this.#crypto.sha256(accessToken)))
      throw refused('it is for another access token')
    if (request.isNonce?.(nonce) === false) throw new AuthError('use_dpop_nonce')
    return { jti, iat, until: after(iat as UnixSeconds, WINDOW) }
  }
}

const EXPECTED = {
  issuer: undefined,
  audiences: undefined,
  leeway: seconds(0),
  ahead: WINDOW,
}

const signedParts = (proof: string, { second }: Dots): [string, string] => [
  proof.slice(0, second),
  proof.slice(second + 1),
]

function parseSegment(segment: string): Claims {
  const bytes = decodeBase64url(segment)
  if (bytes === undefined) throw refused('a segment is not canonical base64url')
  return parseObject(bytes)
}

function algorithmIn(header: Claims): Algorithm {
  const { typ, alg } = header
  if (typeof typ !== 'string' || typ.toLowerCase() !== 'dpop+jwt')
    throw refused('its typ is not dpop+jwt')
  if (EXTENSIONS.some((name) => Object.hasOwn(header, name)))
    throw refused('it has extensions')
  if (typeof alg === 'string' && Object.hasOwn(PROOF_ALGORITHMS, alg))
    return PROOF_ALGORITHMS[alg] as Algorithm
  throw refused('its algorithm is not asymmetric, or unknown')
}

/** The members that define the key, and no others. @throws AuthError `invalid_key` if it is private */
function publicKeyIn({ alg, jwk: given }: Claims): Jwk {
  const jwk = parseJwk(given, 'verify')
  rejectPrivate(jwk)
  if (jwk.kty === 'oct') throw refused('its key is a secret')
  if (jwk.alg !== undefined && jwk.alg !== alg)
    throw refused('its key is for another algorithm')
  if (alg === 'Ed25519' && jwk.crv !== 'Ed25519') throw refused('its key is no Ed25519')
  const members = MEMBERS[jwk.kty as keyof typeof MEMBERS]
  return Object.fromEntries(members.map((member) => [member, jwk[member]]))
}

const refused = (message: string): AuthError =>
  new AuthError('invalid_dpop_proof', `the DPoP proof is refused: ${message}`)

/** Every fault of a proof is one error. */
function asRefused(error: unknown): unknown {
  if (!(error instanceof AuthError) || PASSED.includes(error.code)) return error
  return new AuthError(
    'invalid_dpop_proof',
    `the DPoP proof is refused: ${error.message}`,
    { cause: error },
  )
}

const PASSED = ['invalid_dpop_proof', 'use_dpop_nonce']
