import type { IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { SECRET } from './seed.ts'

const require = createRequire(import.meta.url)

/** The part of its API that is used here. */
interface BetterAuth {
  readonly options: object
  readonly api: {
    getSession(input: { readonly headers: Headers }): Promise<unknown>
    signUpEmail(input: {
      readonly body: object
      readonly returnHeaders: true
    }): Promise<{ readonly headers: Headers }>
  }
}

/** Set up as in its documentation, with SQLite. Password hashing is not measured. */
function open(database: string): BetterAuth {
  const { betterAuth } = require('better-auth') as {
    betterAuth(options: object): BetterAuth
  }
  const password = { hash: async (plain: string) => plain, verify: async () => true }
  return betterAuth({
    database: new DatabaseSync(database),
    secret: SECRET,
    baseURL: 'http://127.0.0.1',
    emailAndPassword: { enabled: true, password },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  })
}

/** Signs users in. @returns the cookie of each, as a browser sends it */
export async function seedBetterAuth(
  database: string,
  count: number,
): Promise<readonly string[]> {
  const auth = open(database)
  const { getMigrations } = require('better-auth/db/migration') as {
    getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>
  }
  await (await getMigrations(auth.options)).runMigrations()
  const cookies: string[] = []
  for (let i = 0; i < count; i++) {
    const body = { name: `user-${i}`, email: `user-${i}@example.org`, password: SECRET }
    const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true })
    cookies.push(headers.getSetCookie()[0]!.split(';')[0]!)
  }
  return cookies
}

/** Authenticates a cookie: reads the session and its user from the database. */
export function sessionCheck(
  database: string,
): (headers: IncomingHttpHeaders) => Promise<boolean> {
  const auth = open(database)
  const { fromNodeHeaders } = require('better-auth/node') as {
    fromNodeHeaders(headers: object): Headers
  }
  return async (headers) =>
    (await auth.api.getSession({ headers: fromNodeHeaders(headers) })) !== null
}
