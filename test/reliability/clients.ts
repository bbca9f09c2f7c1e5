import type { Agent } from 'node:http'
import { type Answer, ask, askJson } from '../server/client.ts'
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
  const [, payload = ''] = refresh.split('.')
  const { sid, gen, jti } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return { access, refresh: { session: sid, generation: gen, jti, text: refresh } }
}

function refreshedOf(answer: Answer, pair: Pair | undefined): Refreshed {
  if (pair !== undefined)
    return {
      kind: 'pair',
      token: { generation: pair.refresh.generation, jti: pair.refresh.jti },
    }
  if (isRevoked(answer)) return { kind: 'revoked' }
  if (answer.status === 401 && answer.body.includes('password has been changed'))
    return { kind: 'password' }
  if (answer.status === 401 && answer.body.includes('No active account found'))
    return { kind: 'no-account' }
  return { kind: 'other', status: answer.status, body: answer.body }
}

const isRevoked = ({ status, body }: Answer): boolean =>
  status === 401 && body.includes('Token is blacklisted')
