import assert from 'node:assert/strict'
import { TOTP } from 'otpauth'
import { oidc } from '../../src/index.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { requireDocumented } from '../openapi/check-answers.ts'
import { CLIENT, type FakeProvider, fakeProvider, type Person } from './provider.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const BACK = 'https://app.example.com/done'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, whose members the tests assert
  readonly body: any
  readonly headers: Headers
}

/** A browser that keeps one cookie. */
export interface Browser {
  cookie: string
}

type ProviderOptions = Partial<Parameters<typeof oidc>[1]>

/** An instance whose users sign in with `acme`, a provider on this machine. */
export async function socialApp(
  options: TestOptions = {},
  providerOptions: ProviderOptions = {},
) {
  const clock = { now: () => 0 }
  const provider = await fakeProvider(() => clock.now())
  const instance = testInstance({
    url: 'https://app.example.com',
    social: {
      acme: oidc(provider.issuer, {
        ...CLIENT,
        redirectUris: [BACK],
        ...providerOptions,
      }),
      github: { clientId: 'gh', clientSecret: 'gh-secret' },
    },
    ...options,
  })
  clock.now = () => instance.clock.now()
  requireDocumented(instance.auth)
  const request = async (
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const response = await instance.auth.handler(
      new Request(`http://127.0.0.1${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return {
      status: response.status,
      body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
      headers: response.headers,
    }
  }
  return {
    ...instance,
    provider,
    request,
    signIn: (proof: object, headers = {}) =>
      request('POST', '/auth/social/acme/', proof, headers),
    [Symbol.asyncDispose]: async () => {
      await instance[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

export type SocialApp = Awaited<ReturnType<typeof socialApp>>

const cookieOf = ({ headers }: Answer): string =>
  headers.getSetCookie().map((each) => each.split(';')[0])[0] ?? ''

/** A front end begins a sign-in. */
export async function begin(app: SocialApp, path = '/auth/social/acme/') {
  const begun = await app.request(
    'GET',
    `${path}?redirect_uri=${encodeURIComponent(BACK)}`,
  )
  return { url: begun.body.authorization_url as string, cookie: cookieOf(begun), begun }
}

/** A person agrees. @returns what the front end sends, and the cookie of its browser */
export async function agreed(app: SocialApp, person: Person, path?: string) {
  const { url, cookie } = await begin(app, path)
  const back = app.provider.agree(url, person)
  const proof = {
    code: back.searchParams.get('code') ?? '',
    state: back.searchParams.get('state') ?? '',
  }
  return { proof, cookie }
}

/** A whole sign-in of a front end. */
export async function signInAs(app: SocialApp, person: Person): Promise<Answer> {
  const { proof, cookie } = await agreed(app, person)
  return app.signIn(proof, { cookie })
}

/** Signs a person in and adds an authenticator. @returns its code of the moment */
export async function withAuthenticator(app: SocialApp, person: Person) {
  const headers = bearer(await app.signIn({ id_token: app.provider.idToken(person) }))
  const made = await app.request('POST', '/auth/totp/', { label: 'Phone' }, headers)
  const { id, secret } = made.body
  const code = (): string =>
    new TOTP({ secret }).generate({ timestamp: app.clock.now() * 1000 })
  const confirmation = { id, code: code() }
  const confirmed = await app.request(
    'POST',
    '/auth/totp/confirm/',
    confirmation,
    headers,
  )
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  // A code is used once.
  app.clock.advance('30s')
  return code
}

export const bearer = ({ body }: Answer) => ({ authorization: `Bearer ${body.access}` })

export type { FakeProvider }
