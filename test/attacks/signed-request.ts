import { guardOf } from '../../src/adapters/fetch.ts'
import { httpSignature } from '../../src/authentication.ts'
import type { Jwk } from '../../src/jwt/jwk.ts'
import type { SignatureAlgorithm } from '../../src/signatures/signature-algorithms.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Members } from '../members.ts'
import type { Attack } from './corpus.ts'
import type { Verdict } from './verdict.ts'

/** A request with the fields of RFC 9421, and what its verifier requires. */
export interface SignedRequestAttack {
  readonly policy: {
    readonly required: readonly string[]
    /** Seconds. */
    readonly maxAge: number
    /** By key id. */
    readonly keys: Readonly<
      Record<string, { readonly alg: SignatureAlgorithm; readonly jwk: Jwk }>
    >
    /** Seconds since 1970. */
    readonly clock: number
  }
  readonly request: {
    readonly method: string
    readonly scheme: string
    readonly authority: string
    readonly target: string
    readonly headers: readonly (readonly [name: string, value: string])[]
    readonly body: string
  }
  readonly fields: Readonly<Record<string, string>>
  /** Nonces of requests that were accepted before. */
  readonly usedNonces?: readonly string[]
}

export const OF_POLICY: Members<SignedRequestAttack['policy']> = {
  required: true,
  maxAge: true,
  keys: true,
  clock: true,
}

export const OF_REQUEST: Members<SignedRequestAttack['request']> = {
  method: true,
  scheme: true,
  authority: true,
  target: true,
  headers: true,
  body: true,
}

/** Sends the request to a guarded route. */
export async function judgeSignedRequest(attack: Attack<'httpsig'>): Promise<Verdict> {
  const { id, kind, reason, expect, usedNonces = [] } = attack
  await using app = await instanceFor(attack)
  for (const _ of usedNonces) {
    const { status } = await app.route(requestOf(attack))
    if (status !== 200)
      return { id, kind, reason, faults: [`is answered ${status} before`] }
  }
  const { status } = await app.route(requestOf(attack))
  const isRight = status === (expect === 'accept' ? 200 : 401)
  return { id, kind, reason, faults: isRight ? [] : [`is answered ${status}`] }
}

async function instanceFor({ policy, request }: Attack<'httpsig'>) {
  const { required: components, maxAge, keys } = policy
  const app = testInstance({
    url: `${request.scheme}://${request.authority}`,
    now: policy.clock,
    authentication: [httpSignature({ components, maxAge, nonce: false })],
  })
  const { id: userId } = await app.auth.users.create({ username: 'alice' })
  for (const [id, { alg: algorithm, jwk: publicKey }] of Object.entries(keys))
    await app.auth.signingKeys.create({ userId }, { id, algorithm, publicKey })
  const route = guardOf(app.auth)(() => new Response('ok'))
  return { ...app, route }
}

const requestOf = ({ request, fields }: Attack<'httpsig'>): Request =>
  new Request(`${request.scheme}://${request.authority}${request.target}`, {
    method: request.method,
    headers: [...request.headers, ...Object.entries(fields)].map(([name, value]) => [
      name,
      value,
    ]),
    body: request.body,
  })
