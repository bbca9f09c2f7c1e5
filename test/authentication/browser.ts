import assert from 'node:assert/strict'
import type { Answered, Headers, Served } from './served.ts'

/** A browser with the cookies of a server. */
export interface Browser {
  readonly cookies: Readonly<Record<string, string>>
  readonly csrf: string
  send(method: string, path: string, headers?: Headers, body?: string): Promise<Answered>
}

export const JSON_BODY = { 'Content-Type': 'application/json' }
export const FORM_BODY = { 'Content-Type': 'application/x-www-form-urlencoded' }

export const cookieHeader = (cookies: Readonly<Record<string, string>>): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

/** The cookies that a response sets, without their attributes. */
export const cookiesOf = ({ headers }: Answered): Record<string, string> =>
  Object.fromEntries(
    (headers.get('set-cookie') ?? []).map((each) => {
      const [pair = ''] = each.split(';')
      return [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    }),
  )

export const login = (
  { send }: Served,
  headers: Headers = {},
  credentials: object = { username: 'alice', password: 'pw12345' },
): Promise<Answered> =>
  send('POST', '/auth/login/', { ...JSON_BODY, ...headers }, JSON.stringify(credentials))

/** Alice, signed in. */
export async function browserOf(server: Served, headers: Headers = {}): Promise<Browser> {
  const answer = await login(server, headers)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const cookies = cookiesOf(answer)
  return {
    cookies,
    csrf: cookies.csrftoken!,
    send: (method, path, more = {}, body = '') =>
      server.send(
        method,
        path,
        { Cookie: cookieHeader(cookies), ...headers, ...more },
        body,
      ),
  }
}
