import type { Agent } from 'node:http'
import { importSecret, sign } from '../../src/jwt/index.ts'
import { type Answer, ask, askJson } from '../server/client.ts'
import { SECRET } from '../server/secret.ts'
import type { Refreshed, Span, Token } from './model.ts'

/** A refresh token and its claims. */
export interface RefreshToken extends Token {
  readonly session: string
  readonly text: string
}

export interface Pair {
  readonly refresh: RefreshToken
  readonly access: string
}

/** An answer, and when it was requested and received. */
export type Timed<A> = { readonly span: Span; readonly answer: A }

interface Port {
  readonly port: number
}

/** Clients of the token endpoints. */
export function clientsOf(agent: Agent) {
  const post = (at: Port, path: string, body: object) =>
    timed(() => askJson(at, path, body, agent))

  return {
    async signIn(
      at: Port,
      username: string,
      password: string,
    ): Promise<Timed<Pair | Answer>> {
      const { span, answer } = await post(at, '/api/token/', { username, password })
      return { span, answer: answer.status === 200 ? pairOf(answer) : answer }
    },

    async refresh(
      at: Port,
      { text }: RefreshToken,
    ): Promise<Timed<Refreshed> & { readonly pair: Pair | undefined }> {
      const { span, answer } = await post(at, '/api/token/refresh/', { refresh: text })
      const pair = answer.status === 200 ? pairOf(answer) : undefined
      return { span, pair, answer: refreshedOf(answer, pair) }
    },

    /** @returns whether this call revoked the session; false: it was revoked before */
    async signOut(at: Port, { text }: RefreshToken): Promise<Timed<boolean | Answer>> {
      const { span, answer } = await post(at, '/api/token/blacklist/', { refresh: text })
      if (answer.status === 200) return { span, answer: true }
      return { span, answer: isRevoked(answer) ? false : answer }
    },

    /** @returns whether the link has set the password */
    async resetPassword(
      at: Port,
      token: string,
      password: string,
    ): Promise<Timed<boolean | Answer>> {
      const { span, answer } = await post(at, '/auth/password/reset/confirm/', {
        token,
        new_password: password,
      })
      if (answer.status === 204) return { span, answer: true }
      const isRefused = answer.status === 400 && answer.body.includes('"invalid_code"')
      return { span, answer: isRefused ? false : answer }
    },

    /** @returns whether a guarded route answers 200 */
    async greet(at: Port, access: string): Promise<Timed<boolean | Answer>> {
      const headers = { Authorization: `Bearer ${access}` }
      const { span, answer } = await timed(() =>
        ask(at, '/hello/', { method: 'GET', headers, agent }),
      )
      if (answer.status === 200) return { span, answer: true }
      return { span, answer: answer.status === 401 ? false : answer }
    },
  }
}

export async function timed<A>(work: () => Promise<A>): Promise<Timed<A>> {
  const began = performance.now()
  const answer = await work()
  return { span: { began, ended: performance.now() }, answer }
}

function pairOf({ body }: Answer): Pair {
  const { access, refresh } = JSON.parse(body) as {
    readonly access: string
    readonly refresh: string
  }
  const { sid, gen, jti } = claimsOf(refresh)
  const token = { session: String(sid), generation: Number(gen), jti: String(jti) }
  return { access, refresh: { ...token, text: refresh } }
}

/** The options of servers whose tokens {@link expiredCopy} can sign. */
export const SIGNED_BY_SECRET = { algorithm: 'HS256', signingKey: SECRET } as const

/** The same token of long ago. */
export function expiredCopy({ text, ...token }: RefreshToken): RefreshToken {
  const claims = claimsOf(text)
  const [iat, exp] = [Number(claims.iat) - 1e6, Number(claims.exp) - 1e6]
  const key = importSecret(SIGNED_BY_SECRET.algorithm, SECRET)
  return { ...token, text: sign({ ...claims, iat, exp }, key) }
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

function refreshedOf(answer: Answer, pair: Pair | undefined): Refreshed {
  if (pair !== undefined)
    return {
      kind: 'pair',
      token: { generation: pair.refresh.generation, jti: pair.refresh.jti },
    }
  if (isRevoked(answer)) return { kind: 'revoked' }
  if (answer.status === 401 && answer.body.includes('Token is expired'))
    return { kind: 'expired' }
  if (answer.status === 401 && answer.body.includes('password has been changed'))
    return { kind: 'password' }
  if (answer.status === 401 && answer.body.includes('No active account found'))
    return { kind: 'no-account' }
  return { kind: 'other', status: answer.status, body: answer.body }
}

const isRevoked = ({ status, body }: Answer): boolean =>
  status === 401 && body.includes('Token is blacklisted')
