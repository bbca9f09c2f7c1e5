import type { TestContext } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import type { TokenOptions } from '../../src/settings/options.ts'
import type { User, UserId } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { sqliteStore } from '../stores/open.ts'
import type { Answer } from './django.ts'

/** A user with the same id on both sides. */
export interface Shared {
  readonly id: number
  readonly username: string
  readonly hash: string
  readonly staff?: boolean
}

export interface Ours {
  readonly auth: Watchword<User>
  post(path: string, body: object): Promise<Answer>
  /** The stored hash of a user. */
  hashOf(id: number): Promise<string | undefined>
}

/** An instance in memory with these users and Simple JWT's defaults. */
export async function ours(
  t: TestContext,
  users: readonly Shared[],
  tokens: TokenOptions,
): Promise<Ours> {
  const store = sqliteStore({ file: ':memory:' })
  const auth = buildWatchword({
    store,
    passwordCost: 'default',
    secret: 'a secret of at least thirty-two characters',
    tokens: {
      rotate: false,
      blacklistAfterRotation: false,
      checkRevoke: false,
      adoptForeign: true,
      ...tokens,
    },
    log: () => {},
  })
  t.after(() => auth.close())
  await auth.migrate()
  for (const { id, username, hash, staff = false } of users) {
    await store.ports.users.insert({
      id: String(id) as UserId,
      username,
      usernameKey: username,
      email: undefined,
      hash,
      active: true,
      staff,
      superuser: false,
      joinedAt: systemClock(),
      attributes: {},
    })
  }
  return {
    auth,
    async post(path, body) {
      const headers = { 'Content-Type': 'application/json' }
      const request = new Request(`http://ours.test${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      const response = await auth.handler(request)
      return { status: response.status, body: (await response.json()) as Answer['body'] }
    },
    hashOf: async (id) =>
      (await store.ports.users.find('id', String(id) as UserId))?.hash,
  }
}

/** A request with a bearer token. */
export const bearing = (token: string): Request =>
  new Request('http://ours.test/hello/', {
    headers: { Authorization: `Bearer ${token}` },
  })
