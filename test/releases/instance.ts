import { AuthError } from '../../src/base/errors.ts'
import { apiToken, bearer, session, watchword } from '../../src/index.ts'
import type { Expected, Listed, Profile } from './expected.ts'

/** The current code on data of a release: the part of its API that the tests use. */
export type Instance = ReturnType<typeof instanceOn>

export interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
}

export interface Identified {
  readonly status: number
  readonly detail?: string | undefined
  readonly username?: string | undefined
  readonly scopes?: readonly string[]
}

const ORIGIN = 'https://auth.example'

export function instanceOn(
  database: string,
  { secrets, now, profiles }: Pick<Expected, 'secrets' | 'now' | 'profiles'>,
  profile: Profile = 'default',
  lostAnswer = 0,
) {
  const { tokens, ...options } = profiles[profile] as { readonly tokens?: object }
  const auth = watchword({
    ...options,
    // 0.1.0 refused what is now a lost answer.
    tokens: { lostAnswer, ...tokens },
    database,
    secret: secrets,
    authentication: [bearer(), session(), apiToken()],
    clock: () => now,
    log: () => {},
  })
  return {
    async post(path: string, body: object, address = '203.0.113.7'): Promise<Reply> {
      const request = new Request(ORIGIN + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: ORIGIN },
        body: JSON.stringify(body),
      })
      const response = await auth.handler(request, { address })
      const cookies = response.headers.getSetCookie()
      return {
        status: response.status,
        body: (await response.json()) as Reply['body'],
        cookies: cookies.map((cookie) => cookie.split(';')[0] ?? ''),
      }
    },
    /** The user of a request with these headers at a guarded route. */
    async identify(headers: Record<string, string>): Promise<Identified> {
      try {
        const who = await auth.require(new Request(ORIGIN, { headers }))
        const { user, scopes } = who
        return { status: 200, username: user.username, scopes }
      } catch (error) {
        if (!(error instanceof AuthError)) throw error
        const response = error.toResponse()
        const { detail } = (await response.json()) as { detail?: string }
        return { status: response.status, detail }
      }
    },
    async publishedKeys(): Promise<readonly string[]> {
      const path = '/.well-known/jwks.json'
      const response = await auth.handler(new Request(ORIGIN + path))
      const { keys } = (await response.json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    },
    async list(): Promise<Listed> {
      const users = await auth.users.list({ limit: 1000 })
      const apiTokens: Record<string, readonly object[]> = {}
      for (const { id } of users) {
        const tokens = await auth.apiTokens.list(id)
        if (tokens.length > 0) apiTokens[id] = tokens
      }
      const events = await auth.events.list({ limit: 1000 })
      return { users, apiTokens, events, keys: await auth.keys.list() }
    },
    reseal: () => auth.keys.reseal(),
    flush: () => auth.flush(),
    migrate: () => auth.migrate(),
    close: () => auth.close(),
  }
}
