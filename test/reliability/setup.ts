import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { bearer } from '../../src/authentication/bearer.ts'
import { after, days, type UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import type { InstanceStore } from '../../src/features.ts'
import { importSigningKey, type SigningKey, sign } from '../../src/jwt/index.ts'
import { unseal } from '../../src/keys/seal.ts'
import { argon2 } from '../../src/passwords/argon2.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { StoredUser } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { pause, stopwatch } from '../time.ts'

export const PASSWORD = 'pass-Word-9921-xq'
const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

const HASH = argon2().make(Buffer.from(PASSWORD), systemRandom)

/** An answer; for a program, the answer that a client would get. */
export interface Answer {
  readonly status: number
  readonly retryAfter: number | undefined
  readonly body: Readonly<Record<string, string>>
  /** As a `Cookie` header. */
  readonly cookies: string
}

/** An instance on a store, and the calls of its clients. */
export class Place {
  readonly store: InstanceStore
  readonly faults: string[] = []
  #auth: Watchword
  #now = Date.now() / 1000

  constructor(store: InstanceStore) {
    this.store = store
    this.#auth = this.#open()
  }

  get auth(): Watchword {
    return this.#auth
  }

  #open(): Watchword {
    const shared = { ...this.store, close: async () => {} }
    return buildWatchword({
      store: shared,
      secret: SECRET,
      authentication: [bearer(), apiToken(), session()],
      tokens: { types: ['access', 'sliding'] },
      endpoints: { slidingObtain: true, slidingRefresh: true },
      counts: 'store',
      throttle: { login: '1000/s', anon: '100000/s' },
      users: { updateLastLogin: true },
      clock: () => this.#now,
      log: ({ event, reason }) => {
        if (event === 'a request failed') this.faults.push(String(reason))
      },
    })
  }

  /** Revoked sessions are read at start, and again at the first poll of other processes' writes. */
  async isUpToDate(): Promise<void> {
    await this.auth.migrate()
    await pause(500)
  }

  advance(seconds: number): void {
    this.#now += seconds
  }

  /** Replaces the instance, as a restart of the process does. */
  restart(): void {
    void this.#auth.close()
    this.#auth = this.#open()
  }

  /** A user whose password is {@link PASSWORD}. */
  async createUser(): Promise<StoredUser> {
    const user = (await this.auth.users.create({ username: randomUUID() })) as StoredUser
    await this.store.ports.users.setPassword(user.id, await HASH)
    return { ...user, epoch: 1 }
  }

  async post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const request = new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return answerOf(await this.auth.handler(request))
  }

  signIn(username: string, path = '/api/token/', cookies = ''): Promise<Answer> {
    return this.post(
      path,
      { username, password: PASSWORD },
      cookies === '' ? {} : { cookie: cookies },
    )
  }

  /**
   * A token pair as after a sign-in, made directly: hashing a password for each would take
   * minutes.
   */
  async signedIn(user?: StoredUser): Promise<Answer['body']> {
    const { id, epoch } = user ?? (await this.createUser())
    const now = this.#now as UnixSeconds
    const [sid, jti] = [hexId(systemRandom) as SessionId, hexId(systemRandom)]
    const expiresAt = after(now, days(1))
    await this.store.ports.sessions.adopt({
      ...{
        id: sid,
        userId: id,
        jti,
        epoch,
        createdAt: now,
        expiresAt,
        idleExpiresAt: expiresAt,
      },
    })
    const key = await this.#signingKey()
    const claims = { iat: Math.floor(now), user_id: id, sid }
    return {
      access: sign(
        {
          token_type: 'access',
          exp: Math.floor(now) + 300,
          jti: hexId(systemRandom),
          ...claims,
        },
        key,
      ),
      refresh: sign(
        { token_type: 'refresh', exp: Math.floor(expiresAt), jti, ...claims, gen: 0 },
        key,
      ),
    }
  }

  async #signingKey(): Promise<SigningKey> {
    await this.auth.migrate()
    const { algorithm, sealed, id } = (await this.store.ports.keys.list()).find(
      ({ stage }) => stage === 'current',
    )!
    return importSigningKey(algorithm, unseal(sealed, id, [new Secret(SECRET)]), {
      kid: id,
    })
  }

  async signedOut(): Promise<Answer['body']> {
    const pair = await this.signedIn()
    assert.equal(
      (await this.post('/api/token/blacklist/', { refresh: pair.refresh })).status,
      200,
    )
    return pair
  }

  /** Calls a guarded route. */
  async call(headers: Record<string, string>): Promise<Answer> {
    try {
      await this.auth.require(new Request('http://localhost/', { headers }))
      return { status: 200, retryAfter: undefined, body: {}, cookies: '' }
    } catch (error) {
      return this.#answerTo(error)
    }
  }

  /** Calls the library; an error becomes the answer that a client would get. */
  async program(work: () => Promise<unknown>): Promise<Answer> {
    try {
      return {
        status: 200,
        retryAfter: undefined,
        body: ((await work()) ?? {}) as Answer['body'],
        cookies: '',
      }
    } catch (error) {
      if (!(error instanceof AuthError)) this.faults.push(String(error))
      return this.#answerTo(error)
    }
  }

  /** The answer that a client gets. */
  #answerTo(error: unknown): Promise<Answer> {
    const known = error instanceof AuthError ? error : new AuthError('server_error')
    return answerOf(known.toResponse())
  }

  async accepts(token: string | undefined): Promise<boolean> {
    return (await this.call({ authorization: `Bearer ${token}` })).status === 200
  }

  /** Asserts that a session works. */
  async assertValid({ access, refresh }: Answer['body']): Promise<void> {
    assert.equal(await this.accepts(access), true, 'the access token is rejected')
    assert.equal(
      (await this.post('/api/token/refresh/', { refresh })).status,
      200,
      'the refresh token is rejected',
    )
  }

  /** Asserts that a session is revoked. */
  async assertRevoked({ access, refresh }: Answer['body']): Promise<void> {
    assert.equal(
      (await this.post('/api/token/refresh/', { refresh })).status,
      401,
      'the refresh token is accepted',
    )
    await this.isRefused(access)
  }

  /** A revocation by another process takes effect within a second. */
  async isRefused(token: string | undefined): Promise<void> {
    using watch = stopwatch()
    while ((await this.accepts(token)) && watch.ms() < 1000) await sleep(20)
    assert.equal(await this.accepts(token), false, 'the access token is accepted')
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const retryAfter = response.headers.get('retry-after')
  return {
    status: response.status,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    body: (await response.json()) as Answer['body'],
    cookies: response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; '),
  }
}

export const claimsOf = (token: string | undefined): Readonly<Record<string, string>> =>
  JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString())
