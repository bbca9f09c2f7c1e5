import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'

/** What a person is at the provider: the claims of the ID token and of the user info. */
export type Person = Readonly<Record<string, unknown>>

interface Grant {
  readonly person: Person
  readonly query: URLSearchParams
}

export const CLIENT = { clientId: 'app-1', clientSecret: 'provider-secret' } as const

/** A provider on this machine, with OpenID Connect, whose faults a test switches on. */
export interface FakeProvider extends AsyncDisposable {
  readonly issuer: string
  /** Endpoints for `oauth2()`. */
  readonly endpoints: {
    readonly authorization: string
    readonly token: string
    readonly userInfo: string
  }
  /** A person agrees on the provider's page. @returns the address that the browser is sent back to */
  agree(authorizationUrl: string, person: Person): URL
  idToken(claims: Person): string
  /** @param clientId the application that it is issued for */
  accessToken(person: Person, clientId?: string): string
  /** The paths that were requested. */
  readonly requested: string[]
  /** Answers in place of its own, by path. */
  readonly faults: Map<string, (response: ServerResponse) => void>
  /** Claims in place of those of ID tokens. */
  readonly claims: Record<string, unknown>
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url')

const isOwnSecret = (secret: string | null | undefined): boolean =>
  secret === CLIENT.clientSecret

/**
 * @param now the clock of the instance under test, in seconds
 * @param isSecret whether it is the secret of the application. Default: that of `CLIENT`
 */
export async function fakeProvider(
  now: () => number,
  isSecret: (secret: string | null | undefined) => boolean = isOwnSecret,
): Promise<FakeProvider> {
  const { privatePem, publicJwk, kid } = generateKey('ES256')
  const key = importSigningKey('ES256', privatePem, { kid })
  const codes = new Map<string, Grant>()
  const accessTokens = new Map<string, { person: Person; clientId: string }>()
  const faults: FakeProvider['faults'] = new Map()
  const claims: FakeProvider['claims'] = {}
  const requested: string[] = []

  const idToken = (person: Person): string => {
    const iat = Math.floor(now())
    const all = { iss: issuer, aud: CLIENT.clientId, iat, exp: iat + 300, ...person }
    return sign({ ...all, ...claims }, key)
  }

  const accessToken = (person: Person, clientId: string = CLIENT.clientId): string => {
    const token = randomBytes(16).toString('hex')
    accessTokens.set(token, { person, clientId })
    return token
  }

  const isClient = (
    body: URLSearchParams,
    authorization: string | undefined,
  ): boolean => {
    const inBody = [body.get('client_id'), body.get('client_secret')]
    const [, encoded] = (authorization ?? '').split('Basic ')
    const pair = encoded && Buffer.from(encoded, 'base64').toString()
    const inHeader = (pair ?? '').split(':').map(decodeURIComponent)
    return [inBody, inHeader].some(([id, key]) => id === CLIENT.clientId && isSecret(key))
  }

  const tokenAnswer = (body: URLSearchParams, authorization: string | undefined) => {
    const grant = codes.get(body.get('code') ?? '')
    codes.delete(body.get('code') ?? '')
    const challenge = grant?.query.get('code_challenge') ?? null
    const verifier = body.get('code_verifier')
    const isRight =
      isClient(body, authorization) &&
      grant !== undefined &&
      body.get('redirect_uri') === grant.query.get('redirect_uri') &&
      challenge === (verifier === null ? null : challengeOf(verifier))
    if (!isRight)
      return {
        error: 'invalid_grant',
        error_description: 'private words of the provider',
      }
    const nonce = grant.query.get('nonce')
    return {
      access_token: accessToken(grant.person),
      token_type: 'Bearer',
      expires_in: 60,
      id_token: idToken({ ...grant.person, ...(nonce && { nonce }) }),
    }
  }

  const bearerOf = (request: IncomingMessage) =>
    accessTokens.get((request.headers.authorization ?? '').replace('Bearer ', ''))

  const answers: Record<
    string,
    (request: IncomingMessage, body: URLSearchParams) => object | undefined
  > = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
      jwks_uri: `${issuer}/jwks`,
      introspection_endpoint: `${issuer}/introspect`,
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    '/jwks': () => ({ keys: [{ ...publicJwk, kid }] }),
    '/token': (request, body) => tokenAnswer(body, request.headers.authorization),
    '/me': (request) => bearerOf(request)?.person,
    '/introspect': (request, body) => {
      const found = accessTokens.get(body.get('token') ?? '')
      const active = isClient(body, request.headers.authorization) && found !== undefined
      return { active, ...(active && { client_id: found.clientId }) }
    },
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    requested.push(path)
    const fault = faults.get(path)
    if (fault !== undefined) return fault(response)
    const body = new URLSearchParams(await textOf(request))
    const answer = answers[path]?.(request, body)
    const isError = answer === undefined || 'error' in answer
    response.writeHead(isError ? 400 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A test that fails before it closes the provider still ends.
  server.unref()
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`

  return {
    issuer,
    endpoints: {
      authorization: `${issuer}/authorize`,
      token: `${issuer}/token`,
      userInfo: `${issuer}/me`,
    },
    agree(authorizationUrl, person) {
      const { searchParams: query } = new URL(authorizationUrl)
      const code = randomBytes(16).toString('hex')
      codes.set(code, { person, query })
      const back = new URL(query.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      const state = query.get('state')
      if (state !== null) back.searchParams.set('state', state)
      return back
    },
    idToken,
    accessToken,
    requested,
    faults,
    claims,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
