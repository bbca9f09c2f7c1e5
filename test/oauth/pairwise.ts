import assert from 'node:assert/strict'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { userOf } from './consent.ts'
import {
  type Answered,
  basicOf,
  type Credentials,
  type Provider,
  URL_OF_APP,
} from './setup.ts'

type App = Awaited<ReturnType<typeof userOf<Provider>>>

/** What the applications of a test need of an instance and its user. */
export type PairwiseApp = Pick<
  App,
  'ada' | 'agree' | 'auth' | 'client' | 'exchange' | 'form' | 'refresh' | 'send'
>

export interface Application extends Credentials {
  readonly redirect: string
}

/** Registers a pairwise application. @param at the address that users are sent back to */
export async function applicationAt(
  app: Pick<App, 'client'>,
  at: string,
  more: Partial<NewClient> = {},
): Promise<Application> {
  const client = await app.client({
    name: at,
    redirectUris: [at],
    scopes: ['openid', 'posts:read', 'profile', 'email'],
    subjectType: 'pairwise',
    ...more,
  })
  return { ...client, redirect: at }
}

export const SHOP_AT = 'https://shop.example.com/cb'
export const SHOP_APP_AT = 'https://shop.example.com/app/cb'
export const FORUM_AT = 'https://forum.example.org/cb'

/** The tokens that an application gets when ada agrees. */
export async function signIn(
  app: PairwiseApp,
  client: Application,
  more: Record<string, string> = {},
) {
  const { redirect } = client
  const answer = await app.agree(client, { redirect_uri: redirect, ...more })
  const code = answer.get('code') ?? ''
  const { body, status, text } = await app.exchange(client, {
    code,
    redirect_uri: redirect,
  })
  assert.equal(status, 200, text)
  return tokensIn(body)
}

export const tokensIn = (body: Answered['body']) => ({
  access: String(body.access_token ?? ''),
  refresh: String(body.refresh_token ?? ''),
  id: String(body.id_token ?? ''),
})

/** A service that introspects tokens for the instance. */
export const serviceOf = (app: Pick<App, 'client'>): Promise<Credentials> =>
  app.client({
    name: 'Service',
    grants: ['client_credentials'],
    audiences: [URL_OF_APP],
  })

export const introspect = (
  app: Pick<App, 'form'>,
  { id, secret }: Credentials,
  token: string,
) => app.form('/oauth/introspect', { token }, basicOf(id, secret))

export const userInfo = (app: Pick<App, 'send'>, token: string) =>
  app.send('GET', '/oauth/userinfo', { headers: { authorization: `Bearer ${token}` } })

/** Everything that an application is given: its tokens before and after a refresh, what userinfo and introspection answer, and errors. */
export async function everythingGiven(
  app: PairwiseApp,
  client: Application,
  service: Credentials,
  more: Record<string, string> = {},
): Promise<readonly string[]> {
  const first = await signIn(app, client, more)
  const refreshed = await app.refresh(client, first.refresh)
  assert.equal(refreshed.status, 200, refreshed.text)
  const info = await userInfo(app, tokensIn(refreshed.body).access)
  assert.equal(info.status, 200, info.text)
  const described = await introspect(app, service, first.access)
  assert.equal(described.body.active, true, described.text)
  const revoked = await app.form(
    '/oauth/revoke',
    { token: first.refresh },
    basicOf(client.id, client.secret),
  )
  assert.equal(revoked.status, 200)
  const refused = await app.refresh(client, first.refresh)
  assert.equal(refused.body.error, 'invalid_grant')
  const gone = await userInfo(app, first.access)
  assert.equal(gone.status, 401)
  const answers = [refreshed, info, described, revoked, refused, gone]
  return [...Object.values(first), ...answers.map(({ text }) => text)]
}

/** The values in texts: those of JSON, and of the claims of tokens, at any depth. */
export const valuesIn = (texts: readonly unknown[]): ReadonlySet<string> =>
  new Set(texts.flatMap(leavesOf))

/** Neither the id of ada, nor her name and address, of which random texts may have the letters. */
export function assertNamesNoUser(texts: readonly string[], id: string): void {
  const values = [...valuesIn(texts)]
  assert.ok(values.length > 20)
  for (const value of values)
    assert.ok(!value.includes(id) && !/^ada$|@example\.com/.test(value), value)
}

function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).flatMap(leavesOf)
  if (typeof value !== 'string') return []
  const inner = parsed(value)
  if (inner === undefined) return [value]
  return leavesOf(inner)
}

function parsed(text: string): unknown {
  const parts = text.split('.')
  if (parts.length === 3 && text.startsWith('ey'))
    return parts.slice(0, 2).map((part) => Buffer.from(part, 'base64url').toString())
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' ? (json ?? undefined) : undefined
  } catch {
    return undefined
  }
}

/** What two applications may have in common: nothing of a user. */
const COMMON: readonly RegExp[] = [
  /^https:\/\/app\.example\.com$/,
  /^(?:JWT|at\+jwt|rt\+jwt|ES256|HS256|Bearer|access|refresh|pairwise)$/,
  /^(?:openid|openid posts:read|aal1|pwd)$/,
  // Of errors.
  /^(?:invalid_grant|token_not_valid|AccessToken|Token is blacklisted)$/,
  /^(?:The code or refresh token is invalid|Given token not valid for any)[\w ,]+\.?$/,
]

/** The values that both applications have got, other than those that say nothing of a user. @param kids of the keys */
export const commonTo = (
  one: readonly string[],
  other: readonly string[],
  kids: readonly unknown[],
): readonly string[] => {
  const second = valuesIn(other)
  return [...valuesIn(one)].filter(
    (value) =>
      second.has(value) &&
      !kids.includes(value) &&
      !COMMON.some((each) => each.test(value)),
  )
}
