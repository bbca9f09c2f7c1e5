import type { TestContext } from 'node:test'
import {
  generateKey,
  importSigningKey,
  type SigningKey,
  sign,
} from '../../src/jwt/index.ts'
import {
  type TokenVerifier,
  type VerifierOptions,
  verifier,
} from '../../src/verify/index.ts'

export const ISSUER = 'https://auth.example'
export const AUDIENCE = 'api'

/** What an issuer publishes, through a `fetch` that records each request. */
export function fakeIssuer() {
  const paths: string[] = []
  let documents: Record<string, unknown> = {}
  let down = false
  return {
    paths,
    publish(path: string, document: unknown): void {
      documents = { ...documents, [path]: document }
    },
    setDown(isDown: boolean): void {
      down = isDown
    },
    async fetch(url: string | URL | Request): Promise<Response> {
      const { pathname, search } = new URL(String(url))
      paths.push(pathname + search)
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (down) throw new TypeError('fetch failed')
      const document = documents[pathname]
      if (document === undefined) return new Response('', { status: 404 })
      return typeof document === 'function' ? document(search) : Response.json(document)
    },
  }
}

export const KEYS = '/.well-known/jwks.json'
export const FEED = '/api/token/revocations/'

/** A verifier of an issuer with one key, and a clock that stands still until it is moved. */
export function setUp(_: TestContext, options: Partial<VerifierOptions> = {}) {
  const issuer = fakeIssuer()
  let now = 1_800_000_000
  const failures: string[] = []
  const key = freshKey()
  issuer.publish(KEYS, { keys: [key.verifying.jwk] })
  const tokens: TokenVerifier = verifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    fetch: issuer.fetch,
    clock: () => now,
    elapsed: () => now,
    onError: (error) => void failures.push(String(error)),
    ...options,
  })
  const advance = (seconds: number): void => {
    now += seconds
  }
  const token = (claims: object = {}, signing: SigningKey = key): string =>
    sign({ ...sound(now), ...claims }, signing)
  return { issuer, tokens, token, advance, failures, key, now: () => now }
}

export const sound = (now: number) => ({
  token_type: 'access',
  exp: now + 300,
  iat: now,
  jti: 'a1',
  user_id: 'ann',
  sid: 's1',
  iss: ISSUER,
  aud: AUDIENCE,
})

export function freshKey(algorithm: 'ES256' | 'EdDSA' | 'RS256' = 'ES256'): SigningKey {
  const { privatePem, kid } = generateKey(algorithm)
  return importSigningKey(algorithm, privatePem, { kid })
}
