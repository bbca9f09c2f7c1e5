import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { hasScope, type Principal, type User } from '../../src/permissions/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { type TestInstance, testInstance } from '../../src/testing/index.ts'
import { cleanUp, type Scope } from '../cleanup.ts'

export const URL_OF_APP = 'https://app.example.com'

export const PARTNER_API = 'https://partner.example.com/api'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, never>
  readonly text: string
}

/** The credentials of an application. */
export interface Credentials {
  readonly id: string
  readonly secret: string
}

export const basicOf = (id: string, secret: string, scheme = 'Basic'): string =>
  `${scheme} ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`

export type Provider = ReturnType<typeof provider>

/** The options of an instance that issues tokens to applications. */
export const OPTIONS = {
  url: URL_OF_APP,
  oauth: {
    scopes: { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' },
    resources: [PARTNER_API],
  },
} satisfies Options

/** An instance that issues tokens to applications. */
export function provider(t: Scope, options: Options = {}) {
  const instance = testInstance({ ...OPTIONS, ...options })
  cleanUp(t, () => instance.auth.close())
  return providerOf(instance)
}

/** What a test asks of an instance with these options. */
export function providerOf<Instance extends Pick<TestInstance, 'auth'>>(
  instance: Instance,
) {
  const { auth } = instance
  const send = async (
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answered> => {
    const url = path.startsWith('http') ? path : `${URL_OF_APP}${path}`
    const init = { method, headers, ...(body !== undefined && { body }) }
    const response = await auth.handler(new Request(url, init))
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : {},
    }
  }
  const form = (
    path: string,
    fields: Record<string, string> | URLSearchParams,
    authorization?: string,
    headers: Record<string, string> = {},
  ): Promise<Answered> =>
    send('POST', path, {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization !== undefined && { authorization }),
        ...headers,
      },
      body: String(new URLSearchParams(fields)),
    })

  return {
    ...instance,
    send,
    form,
    async client(input: Partial<NewClient> = {}): Promise<Credentials> {
      const { client, secret = '' } = await auth.clients.create({
        name: 'Reports',
        scopes: ['posts:read', 'posts:write'],
        ...input,
      })
      return { id: client.id, secret }
    },
    async ownToken(
      { id, secret }: Credentials,
      fields: Record<string, string> = {},
    ): Promise<string> {
      const { body } = await form(
        '/oauth/token',
        { grant_type: 'client_credentials', ...fields },
        basicOf(id, secret),
      )
      return body.access_token ?? ''
    },
    /** What a guard with this requirement does with a token. */
    async guarded(token: string, requirement: unknown = hasScope('posts:read')) {
      const request = new Request(`${URL_OF_APP}/posts/`, {
        headers: { authorization: `Bearer ${token}` },
      })
      try {
        const principal: Principal<User | undefined> = await auth.require(
          request,
          requirement as never,
        )
        return { status: 200, principal, challenge: null }
      } catch (error) {
        const answer = (error as { toResponse(): Response }).toResponse()
        const challenge = answer.headers.get('www-authenticate')
        return { status: answer.status, principal: undefined, challenge }
      }
    },
  }
}

/** The claims of a token, unverified. */
export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

export const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
