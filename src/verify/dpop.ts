import type { Clock, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { targetOfUrl } from '../base/request-target.ts'
import { decodeBase64url, encodeBase64url } from '../jwt/base64url.ts'
import type { Claims } from '../jwt/json.ts'
import { isAboutProof, jktIn } from '../proofs/binding.ts'
import { DpopChecker, type ProofCrypto } from '../proofs/dpop.ts'
import { memoryOnce } from '../proofs/memory-once.ts'
import { dpopChallenge } from '../proofs/proof-algorithms.ts'
import { importWebKey } from './web-key.ts'

export interface DpopOptions {
  /** The public address of this service, which proofs name, such as `"https://api.example.com"`. */
  readonly url: string
  /**
   * Records that a proof was presented, and says whether that was the first time. Default: in the memory of this process. Several processes
   * need a place that they share, such as `SET NX` of Redis.
   *
   * @param id of the proof: 43 characters
   * @param until when it may be forgotten, in seconds since 1970
   */
  readonly use?: (id: string, until: number) => boolean | Promise<boolean>
}

const utf8 = new TextEncoder()

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8.encode(text))
  return encodeBase64url(new Uint8Array(digest))
}

const WEB: ProofCrypto = {
  async importKey(jwk, alg) {
    const key = await importWebKey(jwk, alg)
    return {
      async verifyText(signed, signature) {
        const bytes = decodeBase64url(signature)
        return bytes !== undefined && key.verify(utf8.encode(signed), bytes)
      },
    }
  },
  sha256,
}

/** Checks the proofs of tokens that are bound to a key (RFC 9449 §7). */
export interface BoundTokens {
  /** @throws AuthError `bound_token`, `invalid_dpop_proof`, with their challenge */
  check(request: Request, token: string, claims: Claims): Promise<void>
}

/** @param options `undefined`: bound tokens are refused */
export function boundTokens(options: DpopOptions | undefined, clock: Clock): BoundTokens {
  if (options === undefined) return { check: async () => requireUnbound(true) }
  const once = memoryOnce()
  const checker = new DpopChecker(WEB)
  const {
    url,
    use = (id: string, until: number) => once.use(id, until as UnixSeconds, clock()),
  } = options

  const checkProof = async (request: Request, accessToken: string, bound: string) => {
    const { jkt, jti, until } = await checker.check({
      header: request.headers.get('dpop') ?? undefined,
      method: request.method,
      addresses: addressesOf(request, url),
      accessToken,
      now: clock(),
    })
    if (jkt !== bound) throw refused('the DPoP proof is of another key than the token')
    // Last: others cannot use up the ids of a key.
    const isFirst = await use(await sha256(JSON.stringify([jkt, jti])), until)
    if (!isFirst) throw refused('the DPoP proof was presented before')
  }

  return {
    async check(request, token, claims) {
      try {
        await checkProof(request, token, String(jktIn(claims)))
      } catch (error) {
        throw withChallenge(error)
      }
    },
  }
}

/** The proof names the public address; `Host` is what a client says. */
function addressesOf(request: Request, url: string): readonly string[] {
  const target = targetOfUrl(request.url)
  return [url.replace(/\/+$/, '') + target, new URL(url).origin + target]
}

const refused = (message: string): AuthError =>
  new AuthError('invalid_dpop_proof', message)

function withChallenge(error: unknown): unknown {
  if (!(error instanceof AuthError) || !isAboutProof(error)) return error
  const isBound = error.code === 'bound_token'
  return error.withChallenges([dpopChallenge(isBound ? 'invalid_token' : error.code)])
}

/** @throws AuthError `bound_token`, with its challenge */
export function requireUnbound(isBound: boolean): void {
  if (!isBound) return
  throw new AuthError('bound_token').withChallenges([dpopChallenge('invalid_token')])
}
