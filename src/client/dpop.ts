import { type Claims, claimsOf, jsonOf, recordOf } from './claims.ts'
import type { Core } from './core.ts'
import { AuthError } from './error.ts'
import { isStream } from './fetch.ts'
import { hasCrypto, newKey, proofOf } from './proof.ts'
import { keysIn, type ProofKey, type ProofKeys } from './proof-keys.ts'
import { serverClockOf } from './server-clock.ts'
import { clear } from './session.ts'
import { jobOf, sendSignOut } from './sign-out.ts'
import type { ProofOption } from './types.ts'

type Send = typeof fetch
type Input = Parameters<Send>[0]
type Init = NonNullable<Parameters<Send>[1]>

/** The thumbprint that a token with these claims is bound to (RFC 9449 §6). */
const boundTo = (claims?: Claims): string | undefined =>
  recordOf(claims?.cnf).jkt as string | undefined

/** Milliseconds between two times of the server's clock, after which a proof may have been refused for its time. */
const TOLERANCE = 10_000

/** `use_dpop_nonce` and `invalid_dpop_proof`. */
const REFUSED = /dpop_(nonce|proof)/

/**
 * Binds tokens to a key that no script can export (RFC 9449), with the server's option `dpop`. Each sign-in makes a key.
 *
 * @param options `keys`: where they are kept; default: IndexedDB
 * @throws AuthError `not_supported` without WebCrypto: on a page without https, in React Native
 */
export function dpop({
  keys = keysIn('watchword.dpop'),
}: {
  readonly keys?: ProofKeys
} = {}): ProofOption {
  if (!hasCrypto()) throw new AuthError('not_supported')
  return ((core: Core) => useProofs(core, keys)) as unknown as ProofOption
}

function useProofs(core: Core, keys: ProofKeys): void {
  const send = core.fetch
  const clock = serverClockOf(core.clock.wall)
  const nonces = new Map<string, string | undefined>()
  // Also of sessions that have ended: a sign-out that is sent later needs its key.
  const known = new Map<string, ProofKey>()
  const repeated = new WeakSet<object>()

  const boundNow = (): string | undefined => boundTo(core.session?.claims)

  async function find(thumbprint: string): Promise<ProofKey | undefined> {
    const key = known.get(thumbprint) ?? (await keys.get(thumbprint))
    if (key) known.set(thumbprint, key)
    return key
  }

  /** The key of a session that has one. @throws AuthError `proof_key_lost` */
  async function keyOf(thumbprint: string): Promise<ProofKey> {
    const key = await find(thumbprint)
    if (key) return key
    if (boundNow() === thumbprint) {
      const job = jobOf(core, core.session)
      clear(core, 'proofKeyLost')
      void core.ended?.(job.out)
      void sendSignOut(core, job)
    }
    throw new AuthError('proof_key_lost')
  }

  /** Keeps the key of a sign-in, if tokens were bound to it. */
  async function keep(key: ProofKey, response: Response): Promise<void> {
    const body = await response
      .clone()
      .json()
      .catch(() => {})
    const bound = boundTo(claimsOf(recordOf(body).access))
    if (!bound) return
    known.set(bound, key)
    await keys.set(bound, key).catch(() => {})
  }

  /** Sends a request with a proof of its own, and once more if a proof that is made now may be accepted instead. */
  async function sendProven(
    input: Input,
    init: Init,
    key: ProofKey,
    access: string | undefined,
  ): Promise<Response> {
    const given = input as Request
    const request = given.url ? given : undefined
    const address = request?.url ?? String(input)
    const method = init.method ?? request?.method ?? 'GET'
    const { origin } = new URL(address)
    const at = clock.now()
    const nonce = nonces.get(origin)
    const of = { method, address, at: at / 1000, access, nonce }
    const headers = new Headers(init.headers)
    headers.set('dpop', await proofOf(key, of))
    if (access) headers.set('authorization', `DPoP ${access}`)
    const isOnce = isStream(init, request)
    const copy = (!isOnce && request?.body && request.clone()) || input
    const sentAt = core.clock.wall()
    const response = await send(copy, { ...init, headers })
    const got = response.headers
    clock.compare(got.get('date'), sentAt, undefined)
    const next = got.get('dpop-nonce') ?? nonce
    nonces.set(origin, next)
    const isRefused = REFUSED.test(`${got.get('www-authenticate')}`)
    const isNews = next !== nonce || Math.abs(clock.now() - at) > TOLERANCE
    // After a 401 a request is sent with new values of the same headers: it has one such repeat in all.
    const mark = init.headers ?? init
    if (!isRefused || !isNews || isOnce || repeated.has(mark)) return response
    repeated.add(mark)
    await response.body?.cancel()
    return sendProven(input, init, key, access)
  }

  core.send = async (input, init = {}) => {
    const access = new Headers(init.headers).get('authorization')?.split(' ')[1]
    const token = access ?? jsonOf(() => String(init.body)).refresh
    const bound = boundTo(claimsOf(token))
    // Requests of the client itself follow no redirect; without a token they sign in.
    const isOwn = init.redirect === 'error'
    const isSignIn = isOwn && !token
    if (!isSignIn && !bound) return send(input, init)
    // Without its key a session can still be ended.
    const keyFor = isOwn && init.keepalive ? find : keyOf
    const key = bound ? await keyFor(bound) : await newKey()
    if (!key) return send(input, init)
    const response = await sendProven(input, init, key, access)
    if (isSignIn) await keep(key, response)
    return response
  }

  const { restore } = core
  if (restore)
    core.restore = async () => {
      await restore()
      const bound = boundNow()
      if (bound) await keyOf(bound).catch(() => {})
    }
  let bound: string | undefined
  core.listeners.add(() => {
    const next = boundNow()
    if (bound && bound !== next) void keys.remove(bound).catch(() => {})
    bound = next
  })
}
