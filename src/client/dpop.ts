import { isEnd } from './answer.ts'
import { type Claims, claimsOf, jsonOf, recordOf } from './claims.ts'
import type { Answered, Core } from './core.ts'
import { AuthError } from './error.ts'
import { copyOf, isStream } from './fetch.ts'
import { hasCrypto, newKey, proofOf } from './proof.ts'
import { keysIn, type ProofKey, type ProofKeys } from './proof-keys.ts'
import { signOut } from './sign-out.ts'
import type { ProofOption } from './types.ts'

/** The headers that prove a request. */
interface ProofHeaders extends Record<string, string> {
  readonly DPoP: string
}

/** The thumbprint that a token with these claims is bound to (RFC 9449 §6). */
const boundTo = (claims?: Claims): string | undefined =>
  recordOf(claims?.cnf).jkt as string | undefined

/** Seconds between two times of the server's clock, after which a proof may have been refused for its time. */
const TOLERANCE = 10
/** Seconds for which a proof that was made before is used. */
const LONGEST_WAIT = 30

/** Milliseconds. Of what counts seconds half of one has passed, on average. */
const HALF = 500

/** `use_dpop_nonce` and `invalid_dpop_proof`. */
const REFUSED = /dpop_(nonce|proof)/

/**
 * Binds tokens to a key that no script can export (RFC 9449), with the server's option `dpop`. Each sign-in makes a key.
 *
 * @param options `keys`: where they are kept; default: IndexedDB
 * @throws AuthError `not_supported` without WebCrypto: on a page without https, in React Native
 */
export function dpop(options: { keys?: ProofKeys } = {}): ProofOption {
  const { keys = keysIn('watchword.dpop') } = options
  if (!hasCrypto()) throw new AuthError('not_supported')
  return ((core: Core) => useProofs(core, keys)) as unknown as ProofOption
}

function useProofs(core: Core, keys: ProofKeys): void {
  const { fetch: send, restore, lock, settings } = core
  const { now: ticks, wall } = core.clock
  /** The server's time at the zero of `ticks`, by a refused proof: the clock of a device may be wrong. */
  let zero: number | undefined
  const nonces = new Map<string, unknown>()
  // Also of the session before: all sessions may be signed out with its token.
  const known = new Map<string, ProofKey>()
  const repeated = new WeakSet<object>()
  /** Of the next refresh: a proof for each attempt. */
  let made: ProofHeaders[] = []
  let preparing: Promise<void> | undefined
  let last: string | undefined

  const boundNow = (): string | undefined => boundTo(core.session?.claims)

  /** Seconds since 1970, by the server. Its last token has its time, too. */
  function now(): number {
    const { session, issuedAt = 0 } = core
    const ofToken = Number(session?.claims.iat) * 1000 + HALF - issuedAt
    return ((zero ?? (ofToken || wall() - ticks())) + ticks()) / 1000
  }

  /** The key of a session that has one. @throws AuthError `proof_key_lost` */
  async function keyOf(thumbprint: string): Promise<ProofKey> {
    const key = known.get(thumbprint) ?? (await keys.get(thumbprint))
    if (key) {
      known.set(thumbprint, key)
      return key
    }
    if (boundNow() === thumbprint) void signOut(core, {}, 'proofKeyLost')
    throw new AuthError('proof_key_lost')
  }

  /** The headers of a request with a proof of its own. */
  async function prove(
    key: ProofKey,
    method: string,
    address: string,
    access?: string,
  ): Promise<ProofHeaders> {
    const nonce = nonces.get(new URL(address).origin)
    const DPoP = await proofOf(key, { method, address, at: now(), access, nonce })
    return { DPoP, ...(access && { Authorization: `DPoP ${access}` }) }
  }

  /** Learns from an answer. @returns whether a proof that is made now may be accepted instead */
  function learn(proof: string | undefined, { headers, redirected }: Answered): boolean {
    const { htu, iat, nonce } = claimsOf(proof)
    // The request had no proof, or its answer may be another server's.
    if (!htu || redirected) return false
    const next = headers.get('dpop-nonce') ?? nonce
    if (next) nonces.set(new URL(String(htu)).origin, next)
    if (!REFUSED.test(`${headers.get('www-authenticate')}`)) return false
    // Not of any answer: one of a cache has the time at which it was kept.
    zero = Date.parse(`${headers.get('date')}`) + HALF - ticks() || zero
    return next !== nonce || Math.abs(now() - Number(iat)) > TOLERANCE
  }

  core.send = async (input, init = {}) => {
    const headers = new Headers(init.headers)
    const access = headers.get('authorization')?.split(' ')[1]
    const { refresh } = jsonOf(() => String(init.body))
    const bound = boundTo(claimsOf(access ?? refresh))
    // Requests of the client itself follow no redirect; without a token they sign in.
    const isOwn = init.redirect === 'error'
    const isSignIn = isOwn && !access && !refresh
    const isRefresh = isOwn && !access && refresh !== undefined
    // A sign-out needs no proof, and a page that is left has no time to make one.
    const isSignOut = input === `${settings.tokens}/blacklist/`
    if (isSignOut || (!isSignIn && !bound)) return send(input, init)
    const { url = String(input), method = 'GET', body } = input as Request
    const isOnce = isStream(init, body)
    if (isRefresh) await preparing
    const key = await (bound ? keyOf(bound) : newKey())
    // After a 401 a request is sent with new values of the same headers: it has one such repeat in all.
    const mark = init.headers ?? init

    async function attempt(): Promise<Response> {
      const first = isRefresh && made.pop()
      const isRecent = first && now() - Number(claimsOf(first.DPoP).iat) < LONGEST_WAIT
      const proven =
        (isRecent && first) || (await prove(key, init.method ?? method, url, access))
      for (const [name, value] of Object.entries(proven)) headers.set(name, value)
      const response = await send(copyOf(input, isOnce), { ...init, headers })
      const isNews = learn(proven.DPoP, response)
      const text = isSignIn && (await response.clone().text())
      const next = boundTo(claimsOf(jsonOf(() => String(text)).access))
      if (next) {
        known.set(next, key)
        await keys.set(next, key).catch(() => {})
      }
      if (!isNews || isOnce || repeated.has(mark)) return response
      repeated.add(mark)
      made = []
      await response.body?.cancel()
      return attempt()
    }
    return attempt()
  }

  core.proofHeaders = async (method, address, access) => {
    const bound = boundTo(claimsOf(access))
    if (!bound) return {}
    return prove(await keyOf(bound), method, address, access)
  }
  // Without the server's time a clock that was set would end the session.
  core.isEnd = (answer) => isEnd(answer) && !REFUSED.test(String(answer.body.code))
  core.isProofOutdated = (sent, answer) => learn(sent.DPoP, answer)

  async function prepare(bound: string | undefined): Promise<void> {
    if (!bound) return
    const key = await keyOf(bound)
    const each = () => prove(key, 'POST', `${settings.tokens}/refresh/`)
    made = await Promise.all([each(), each(), each()])
  }
  if (lock)
    core.lock = async (work) => {
      // Other tabs do not wait for it.
      preparing = prepare(boundNow())
      await preparing.catch(() => {})
      return lock(work)
    }

  if (restore)
    core.restore = async () => {
      await restore()
      const bound = boundNow()
      if (bound) await keyOf(bound).catch(() => {})
    }
  core.listeners.add(() => {
    const next = boundNow()
    if (last && last !== next) void keys.remove(last).catch(() => {})
    last = next
  })
}
