import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { AuthError, configError } from '../base/errors.ts'
import type { AuthRequest, Header } from '../http/request.ts'
import { importVerifyingKey } from '../jwt/index.ts'
import { DpopChecker, type ProofCrypto } from './dpop.ts'
import { dpopChallenge } from './proof-algorithms.ts'
import type { ProofNonces } from './proof-nonces.ts'
import { type Proofs, proofKey } from './proofs.ts'

/** Checks the DPoP proofs of requests. */
export interface DpopRequests {
  /**
   * Checks the proof of a request, which is used up then.
   *
   * @param bound the token that comes with it, and the thumbprint of its key; the access token alone in a header, a refresh token in a body
   * @returns the thumbprint of the key
   * @throws AuthError `invalid_dpop_proof`, `use_dpop_nonce`; `store_unavailable`
   */
  check(request: AuthRequest, bound?: BoundToken): Promise<string>
  /** The same without using it up: before what a failure would consume. */
  precheck(request: AuthRequest): Promise<void>
  /** The header with the nonce for the next proof; none if none is required. */
  nonceHeaders(): readonly Header[]
}

/** What a proof must fit. */
export interface BoundToken {
  /** Of the header `Authorization`. */
  readonly accessToken?: string
  readonly jkt: string
}

export interface DpopRequestsDeps {
  readonly proofs: Proofs
  readonly clock: Clock
  /** The public address of the instance, without a slash at its end. */
  readonly url: string | undefined
  /** `undefined`: proofs need no nonce. */
  readonly nonces: ProofNonces | undefined
}

const NODE: ProofCrypto = {
  importKey: (jwk, alg) => importVerifyingKey(alg, jwk),
  sha256: (text) => hash('sha256', text, 'base64url'),
}

export function dpopRequests(deps: DpopRequestsDeps): DpopRequests {
  const { proofs, clock, nonces } = deps
  const checker = new DpopChecker(NODE)
  const nonceHeaders = (): readonly Header[] =>
    nonces === undefined ? [] : [['DPoP-Nonce', nonces.current()]]

  const verified = async (request: AuthRequest, accessToken: string | undefined) => {
    try {
      return await checker.check({
        header: request.header('dpop'),
        method: methodOf(request),
        addresses: addressesOf(request, deps),
        accessToken,
        now: clock(),
        ...(nonces !== undefined && { isNonce: nonces.isCurrent }),
      })
    } catch (error) {
      throw withChallenge(error, nonceHeaders())
    }
  }

  const refused = (message: string): unknown =>
    withChallenge(new AuthError('invalid_dpop_proof', message), nonceHeaders())

  return {
    async check(request, bound) {
      const { jkt, jti, until } = await verified(request, bound?.accessToken)
      if (bound !== undefined && bound.jkt !== jkt)
        throw refused('the DPoP proof is of another key than the token')
      // Last: others cannot use up the ids of a key.
      if (await proofs.use(proofKey('dpop', jkt, jti), until, clock())) return jkt
      throw refused('the DPoP proof was presented before')
    },
    precheck: async (request) => void (await verified(request, undefined)),
    nonceHeaders,
  }
}

/** @returns `''`, which no proof is for, if the framework does not say it: see `AuthRequest.isRead` */
const methodOf = (request: AuthRequest): string =>
  request.isRead === undefined ? request.method : ''

/**
 * The public addresses that a request may have. If the public address has a path, a proxy may pass it on or cut it off.
 *
 * @throws AuthError `invalid_config`: `Host` is what a client says
 */
function addressesOf(
  { url: target }: AuthRequest,
  { url }: DpopRequestsDeps,
): readonly string[] {
  if (url === undefined)
    throw configError(
      'A DPoP proof names the public address of a request: set url (WATCHWORD_URL) to that of the instance, such as "https://app.example.com".',
    )
  return [url + target, new URL(url).origin + target]
}

function withChallenge(error: unknown, headers: readonly Header[]): unknown {
  if (!(error instanceof AuthError) || error.status !== 401) return error
  const { code, message, cause } = error
  return new AuthError(code, message, {
    cause,
    headers,
    challenges: [dpopChallenge(code)],
  })
}
