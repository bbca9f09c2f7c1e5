import { hawk } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Members } from '../members.ts'
import { type Attack, type Text, textOf } from './corpus.ts'
import type { Verdict } from './verdict.ts'

/** A request with a header of Hawk, and what its verifier knows. */
export interface HawkAttack {
  readonly credentials: {
    readonly id: string
    readonly key: string
    readonly algorithm: 'sha256'
  }
  /** Seconds since 1970. */
  readonly clock: number
  /** Seconds. */
  readonly skew: number
  readonly request: {
    readonly method: string
    readonly host: string
    readonly port: number
    readonly resource: string
    readonly contentType?: string
    readonly payload?: string
    readonly requireHash?: boolean
  }
  readonly authorization: Text
  /** Nonces of requests that were accepted before. */
  readonly usedNonces?: readonly string[]
}

export const OF_HAWK_REQUEST: Members<HawkAttack['request']> = {
  method: true,
  host: true,
  port: true,
  resource: true,
  contentType: true,
  payload: true,
  requireHash: true,
}

export async function judgeHawk(attack: Attack<'hawk'>): Promise<Verdict> {
  const { id, kind, reason, expect, usedNonces = [] } = attack
  await using app = await instanceFor(attack)
  for (const _ of usedNonces) {
    const status = await statusOf(app, attack)
    if (status !== 200)
      return { id, kind, reason, faults: [`is answered ${status} before`] }
  }
  const status = await statusOf(app, attack)
  const isRight = expect === 'accept' ? status === 200 : [400, 401].includes(status)
  return { id, kind, reason, faults: isRight ? [] : [`is answered ${status}`] }
}

async function instanceFor({ credentials, clock, skew, request }: Attack<'hawk'>) {
  const { host, port, requireHash = false } = request
  const payloadHash = requireHash ? 'unsafe' : 'body'
  const app = testInstance({
    url: `https://${host}:${port}`,
    now: clock,
    authentication: [hawk({ clockSkew: skew, payloadHash })],
  })
  const { id, key: secret, algorithm } = credentials
  const { id: userId } = await app.auth.users.create({ username: 'alice' })
  const options = { id, secret, algorithm: `hawk-${algorithm}` } as const
  await app.auth.signingKeys.create({ userId }, options)
  return app
}

async function statusOf(
  { auth }: Awaited<ReturnType<typeof instanceFor>>,
  attack: Attack<'hawk'>,
): Promise<number> {
  try {
    await auth.require(requestOf(attack))
    return 200
  } catch (error) {
    if (error instanceof AuthError) return error.toResponse().status
    throw error
  }
}

/** Not a `Request`, which refuses some of the headers. */
function requestOf({ request, authorization }: Attack<'hawk'>): AuthRequest {
  const { method, resource: url, contentType, payload = '' } = request
  const headers = new Map([
    ['authorization', textOf(authorization)],
    ...(contentType === undefined ? [] : [['content-type', contentType] as const]),
  ])
  return {
    method,
    url,
    address: '127.0.0.1',
    secure: true,
    header: (name) => headers.get(name),
    body: async () => Buffer.from(payload),
  }
}
