import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import type { Person } from './provider.ts'

export const OWN = { clientId: 'app-1', clientSecret: 'provider-secret' } as const

/** A request to a provider. */
export interface Asked {
  readonly method: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly form: URLSearchParams
}

export interface Reply {
  readonly status?: number
  readonly type?: string
  readonly body: unknown
}

/** Answers by address, without the query. */
export type Addresses = Readonly<Record<string, (asked: Asked) => Reply>>

interface Grant {
  readonly person: Person
  readonly query: URLSearchParams
}

/** What providers have in common: codes, access tokens and a key. */
export class StandIn {
  readonly #codes = new Map<string, Grant>()
  readonly #accessTokens = new Map<string, { person: Person; clientId: string }>()
  readonly #key
  readonly jwks: object
  readonly now: () => number

  constructor(now: () => number) {
    const { privatePem, publicJwk, kid } = generateKey('RS256')
    this.#key = importSigningKey('RS256', privatePem, { kid })
    this.jwks = { keys: [{ ...publicJwk, kid }] }
    this.now = now
  }

  /** A person agrees on the provider's page. @returns the address that the browser is sent back to */
  agree(authorizationUrl: string, person: Person): URL {
    const { searchParams: query } = new URL(authorizationUrl)
    const code = randomBytes(16).toString('hex')
    this.#codes.set(code, { person, query })
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    return back
  }

  /** The code of a request to a token endpoint, once. The client sends its secret in the body. */
  redeem({ method, headers, form }: Asked): Grant | undefined {
    assert.equal(method, 'POST')
    assert.match(headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/)
    const grant = this.#codes.get(form.get('code') ?? '')
    this.#codes.delete(form.get('code') ?? '')
    const challenge = grant?.query.get('code_challenge') ?? null
    const isRight =
      form.get('client_id') === OWN.clientId &&
      form.get('client_secret') === OWN.clientSecret &&
      form.get('redirect_uri') === grant?.query.get('redirect_uri') &&
      challenge === challengeOf(form.get('code_verifier'))
    return isRight ? grant : undefined
  }

  accessToken(person: Person, clientId: string = OWN.clientId): string {
    const token = randomBytes(16).toString('hex')
    this.#accessTokens.set(token, { person, clientId })
    return token
  }

  /** For whom an access token was issued. */
  issued(token: string | null | undefined) {
    return this.#accessTokens.get(token ?? '')
  }

  bearer = ({ headers }: Asked) =>
    this.issued((headers.authorization ?? '').replace('Bearer ', ''))

  idToken(claims: object): string {
    const iat = Math.floor(this.now())
    return sign({ aud: OWN.clientId, iat, exp: iat + 300, ...claims }, this.#key)
  }

  /** The addresses of a provider with OpenID Connect. */
  oidc(discovery: Discovery): Addresses {
    const { issuer, token_endpoint, jwks_uri, userinfo_endpoint } = discovery
    const answer = (asked: Asked): Reply => {
      const grant = this.redeem(asked)
      if (grant === undefined) return { status: 400, body: { error: 'invalid_grant' } }
      const nonce = grant.query.get('nonce')
      const claims = { iss: issuer, ...grant.person, ...(nonce && { nonce }) }
      return {
        body: {
          access_token: this.accessToken(grant.person),
          token_type: 'Bearer',
          expires_in: 3600,
          id_token: this.idToken(claims),
        },
      }
    }
    return {
      [`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`]: () => ({
        body: {
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          ...discovery,
        },
      }),
      [token_endpoint]: answer,
      [jwks_uri]: () => ({ body: this.jwks }),
      [userinfo_endpoint]: (asked) => ({ body: this.bearer(asked)?.person }),
    }
  }

  /** Until the test ends, requests to the addresses go to a server on this machine; others fail. */
  async serve(t: TestContext, addresses: Addresses): Promise<void> {
    const server = createServer(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const address = String(request.headers['x-address'])
      const body = await textOf(request)
      const form = new URLSearchParams(body)
      const { method = '', headers } = request
      const asked = { method, query: searchParams, headers, body, form }
      const reply = addresses[address]?.(asked)
      const type = reply?.type ?? 'application/json; charset=utf-8'
      response.writeHead(reply?.status ?? 200, { 'content-type': type })
      const { body: sent } = reply ?? {}
      response.end(typeof sent === 'string' ? sent : JSON.stringify(sent ?? {}))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => void server.close().closeAllConnections())
    const { port } = server.address() as AddressInfo
    const { fetch } = globalThis
    t.mock.method(
      globalThis,
      'fetch',
      async (input: string | URL, init: RequestInit = {}) => {
        const { origin, pathname, search } = new URL(input)
        const address = origin + pathname
        if (!Object.hasOwn(addresses, address)) throw new Error(`no address ${address}`)
        const headers = new Headers(init.headers)
        headers.set('x-address', address)
        return fetch(`http://127.0.0.1:${port}/${search}`, { ...init, headers })
      },
    )
  }
}

/** A discovery document, with what is used of it. */
export interface Discovery {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly userinfo_endpoint: string
  readonly jwks_uri: string
  readonly introspection_endpoint?: string
}

const challengeOf = (verifier: string | null): string | null =>
  verifier && createHash('sha256').update(verifier).digest('base64url')

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
