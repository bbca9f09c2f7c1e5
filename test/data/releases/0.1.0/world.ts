import { createHash } from 'node:crypto'
import type { Profile } from '../../../releases/expected.ts'
import type { Instance, Release } from './release.ts'

/** Throw-away values. The newer secret is used from five days before the end. */
export const OLD_SECRET = 'test-only-older-secret-of-the-0.1.0-fixture-9d2f'
export const NEW_SECRET = 'test-only-newer-secret-of-the-0.1.0-fixture-7c41'
/** Of another issuer, with whose key the profile `foreign` signs. */
export const FOREIGN_KEY = 'test-only-key-that-a-simple-jwt-server-had-5b80'

/** When the story ends, and where the tests stand. */
export const NOW = 1_790_000_000

export const HOUR = 3600
export const DAY = 86_400

const SECRET_CHANGE = 5 * DAY

/** The options that stand in `expected.json`; the others cannot be written as JSON. */
export const PROFILES: Readonly<Record<Profile, object>> = {
  default: {
    tokens: { types: ['access', 'sliding'], rotateKeys: false },
    endpoints: { slidingObtain: true, slidingRefresh: true },
    users: { updateLastLogin: true },
    counts: 'store',
  },
  claim: { tokens: { checkRevoke: 'claim', rotateKeys: false } },
  foreign: {
    tokens: {
      algorithm: 'HS256',
      signingKey: FOREIGN_KEY,
      adoptForeign: true,
    },
  },
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
  /** Name and value of each cookie that was set. */
  readonly cookies: readonly string[]
}

interface Sent {
  readonly profile?: Profile
  readonly status?: number
  readonly address?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The release on one database, at a moment that moves on. */
export class World {
  readonly #release: Release
  readonly #database: string
  readonly #open = new Map<Profile, Instance>()
  readonly #random = countedRandom()
  #ago = Number.POSITIVE_INFINITY

  constructor(release: Release, database: string) {
    this.#release = release
    this.#database = database
  }

  now(): number {
    return NOW - this.#ago
  }

  /** @param ago seconds before the end */
  async goTo(ago: number): Promise<void> {
    const newSecret = this.#ago > SECRET_CHANGE && ago <= SECRET_CHANGE
    if (newSecret) await this.close()
    this.#ago = ago
  }

  instance(profile: Profile = 'default'): Instance {
    const { watchword, bearer, session, apiToken } = this.#release
    const secret =
      this.#ago > SECRET_CHANGE ? OLD_SECRET : [NEW_SECRET, OLD_SECRET]
    const instance =
      this.#open.get(profile) ??
      watchword({
        ...PROFILES[profile],
        database: this.#database,
        secret,
        authentication: [bearer(), session(), apiToken()],
        clock: () => this.now(),
        random: this.#random,
        log: () => {},
      })
    this.#open.set(profile, instance)
    return instance
  }

  async close(): Promise<void> {
    for (const instance of this.#open.values()) await instance.close()
    this.#open.clear()
  }

  async idOf(name: string): Promise<string> {
    const user = await this.instance().users.find(name)
    if (user === undefined) throw new Error(`There is no user ${name}.`)
    return user.id
  }

  /** @throws if the answer has another status than was expected */
  async post(path: string, body: object, sent: Sent = {}): Promise<Answer> {
    const { profile, status = 200, address = '203.0.113.7' } = sent
    const request = new Request(`https://auth.example${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://auth.example',
        ...sent.headers,
      },
      body: JSON.stringify(body),
    })
    const response = await this.instance(profile).handler(request, { address })
    const text = await response.text()
    if (response.status !== status) {
      throw new Error(
        `${path} answered ${response.status}, not ${status}: ${text}`,
      )
    }
    const cookies = response.headers.getSetCookie()
    return {
      status,
      body: text === '' ? {} : JSON.parse(text),
      cookies: cookies.map((cookie) => cookie.split(';')[0] ?? ''),
    }
  }
}

/** The same bytes in each run: ids, salts and secrets stay as they are. */
function countedRandom(): (size: number) => Uint8Array {
  let count = 0
  return (size) => {
    const parts: Buffer[] = []
    for (let length = 0; length < size; length += 32) {
      parts.push(createHash('sha256').update(`0.1.0 ${count++}`).digest())
    }
    return Buffer.concat(parts).subarray(0, size)
  }
}
