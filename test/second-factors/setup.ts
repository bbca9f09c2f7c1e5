import assert from 'node:assert/strict'
import { TOTP } from 'otpauth'
import type { TestInstance, TestOptions } from '../../src/testing/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { requireDocumented } from '../openapi/check-answers.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

export interface App extends TestInstance {
  post(
    path: string,
    body: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<Answer>
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, whose members the tests assert
  readonly body: any
}

/** An instance with a user, ada. */
export async function app(options: TestOptions = {}): Promise<App> {
  const instance = testInstance({ secondFactors: true, ...options })
  requireDocumented(instance.auth)
  await instance.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: 'ada@example.com',
  })
  const request: App['request'] = async (method, path, headers, body) => {
    const response = await instance.auth.handler(
      new Request(`http://127.0.0.1${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return Object.assign(instance, {
    request,
    post: (path: string, body: object, headers = {}) =>
      request('POST', path, headers, body),
  })
}

/** What an authenticator app shows, by another implementation. */
export const passwordOf = (secret: string, { clock }: App, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: (clock.now() + steps * 30) * 1000 })

export const signIn = ({ post }: App): Promise<Answer> =>
  post('/api/token/', { username: 'ada', password: PASSWORD })

/** Adds an authenticator for ada. @returns its secret, and the recovery codes */
export async function addTotp(instance: App) {
  const headers = await instance.as('ada')
  const made = await instance.post(
    '/auth/totp/',
    { current_password: PASSWORD, label: 'Phone' },
    headers,
  )
  assert.equal(made.status, 201)
  const { id, secret } = made.body
  const confirmed = await instance.post(
    '/auth/totp/confirm/',
    { id, code: passwordOf(secret, instance) },
    headers,
  )
  assert.equal(confirmed.status, 200)
  // The next password is of another step.
  instance.clock.advance('30s')
  const codes: readonly string[] = confirmed.body.recovery_codes
  return { id: id as string, secret: secret as string, codes, headers }
}
