import { createHmac, generateKeyPairSync } from 'node:crypto'
import { withCleanup } from '../cleanup.ts'
import { encoded, withTimes } from '../conformance/forge.ts'
import type { Json } from '../conformance/recording.ts'
import { userOf, VERIFIER } from '../oauth/consent.ts'
import { basicOf, type Credentials, provider, URL_OF_APP } from '../oauth/setup.ts'
import { athOf, proofKeyPair } from '../proofs/key.ts'
import { type Attack, textOf } from './corpus.ts'
import { type HttpAnswer, httpVerdict } from './http-answer.ts'
import type { ProofChange } from './oauth-corpus.ts'
import type { Verdict } from './verdict.ts'

type DpopCase = Attack<'dpop'>

/** Sends a request with proofs to a token endpoint, to an API, or to the endpoint of a user's claims. */
export const judgeDpop = (attack: DpopCase): Promise<Verdict> =>
  withCleanup(async (scope) => {
    const app = provider(scope, {
      secret: 'a secret of the attacks, and long enough',
      ...(attack.nonces === true && { dpop: { nonces: true } }),
    })
    const nonce = attack.nonces === true ? await nonceOf(app) : undefined
    const { send, ...at } = await targetOf({ attack, app, nonce })
    const now = app.clock.now()
    const header = (attack.proofs ?? [{}])
      .map((change) => proofOf(change, { ...at, now, nonce }))
      .join(', ')
    for (let sent = 1; sent < (attack.times ?? 1); sent++) await send(header)
    return httpVerdict(attack, await send(header))
  })

interface Setting {
  readonly attack: DpopCase
  readonly app: ReturnType<typeof provider>
  readonly nonce: string | undefined
}

/** Where a proof is presented. */
interface Target {
  readonly url: string
  readonly method: string
  /** That comes with it in the header. */
  readonly accessToken?: string
  /** @param dpop the header; `''`: without */
  send(dpop: string): Promise<HttpAnswer>
}

async function targetOf(setting: Setting): Promise<Target> {
  const { attack, app } = setting
  if (attack.at === 'token')
    return formTarget('/oauth/token', OWN_TOKEN, await app.client(), app)
  if (attack.at === 'par') return parTarget(setting)
  if (attack.at === 'refresh') return refreshTarget(setting)
  if (attack.at === 'userinfo') return userinfoTarget(setting)
  return apiTarget(setting)
}

const TOKEN = `${URL_OF_APP}/oauth/token`
const OWN_TOKEN = { grant_type: 'client_credentials' }

function formTarget(
  path: string,
  fields: Record<string, string>,
  { id, secret }: Credentials,
  app: Setting['app'],
): Target {
  const all = secret === '' ? { ...fields, client_id: id } : fields
  const authorization = secret === '' ? undefined : basicOf(id, secret)
  return {
    url: URL_OF_APP + path,
    method: 'POST',
    send: (dpop) => app.form(path, all, authorization, headersOf(dpop)),
  }
}

const headersOf = (dpop: string): Record<string, string> => (dpop === '' ? {} : { dpop })

async function parTarget({ app }: Setting): Promise<Target> {
  const user = await userOf(app)
  const shop = await user.shop()
  const query = new URL(user.address(shop), URL_OF_APP).searchParams
  return formTarget('/oauth/par', Object.fromEntries(query), shop, app)
}

async function refreshTarget(setting: Setting): Promise<Target> {
  const { body, client } = await consentOf(setting)
  const fields = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' }
  return formTarget('/oauth/token', fields, client, setting.app)
}

async function userinfoTarget(setting: Setting): Promise<Target> {
  const { body } = await consentOf(setting)
  const path = '/oauth/userinfo'
  const accessToken = body.access_token ?? ''
  const authorization = `${schemeOf(setting)} ${accessToken}`
  return {
    url: URL_OF_APP + path,
    method: 'GET',
    accessToken,
    send: (dpop) =>
      setting.app.send('GET', path, { headers: { authorization, ...headersOf(dpop) } }),
  }
}

const schemeOf = ({ attack }: Setting): string => attack.scheme ?? 'DPoP'

/** A user agrees, and a public application redeems the code. */
async function consentOf(setting: Setting) {
  const user = await userOf(setting.app)
  const client = await user.shop({ proof: 'none' })
  const code = (await user.agree(client)).get('code') ?? ''
  const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  const { send } = formTarget('/oauth/token', fields, client, setting.app)
  const { body } = await send(firstProof(setting))
  return { client, body: body as Readonly<Record<string, string>> }
}

async function apiTarget(setting: Setting): Promise<Target> {
  const { app } = setting
  const { send } = formTarget('/oauth/token', OWN_TOKEN, await app.client(), app)
  const accessToken = String((await send(firstProof(setting))).body.access_token)
  const authorization = `${schemeOf(setting)} ${accessToken}`
  const url = `${URL_OF_APP}/posts/`
  return {
    url,
    method: 'GET',
    accessToken,
    send: (dpop) =>
      guarded(new Request(url, { headers: { authorization, ...headersOf(dpop) } }), app),
  }
}

async function guarded(request: Request, { auth }: Setting['app']): Promise<HttpAnswer> {
  try {
    await auth.require(request, { scope: 'posts:read', clients: true })
    return { status: 200, headers: new Headers(), body: {} }
  } catch (error) {
    const { status, headers } = (error as { toResponse(): Response }).toResponse()
    return { status, headers, body: {} }
  }
}

/** The nonce that the server requires. */
async function nonceOf(app: Setting['app']): Promise<string> {
  const { send } = formTarget('/oauth/token', OWN_TOKEN, await app.client(), app)
  const dpop = KEY.proof({ url: TOKEN, now: app.clock.now() })
  return (await send(dpop)).headers.get('dpop-nonce') ?? ''
}

const KEY = proofKeyPair()
const OTHER = proofKeyPair()

/** The proof with which the token of an attack was asked for. */
function firstProof({ attack, app, nonce }: Setting): string {
  if (attack.token === 'bound to no key') return ''
  const key = attack.token === 'bound to another key' ? OTHER : KEY
  return key.proof({ url: TOKEN, now: app.clock.now(), claims: { nonce } })
}

/** Keys in the header of a proof. */
const JWKS: { readonly [name: string]: unknown } = {
  'the private key': KEY.privateJwk,
  'another key': OTHER.jwk,
  'a secret': { kty: 'oct', k: Buffer.alloc(32).toString('base64url') },
  'the key and a secret member': { ...KEY.jwk, k: 'AAAA' },
  'a point that is not on the curve': { ...KEY.jwk, y: KEY.jwk.x },
  'an RSA key of 1024 bits': generateKeyPairSync('rsa', {
    modulusLength: 1024,
  }).publicKey.export({ format: 'jwk' }),
}

interface ProofAt extends Omit<Target, 'send'> {
  readonly now: number
  readonly nonce: string | undefined
}

function proofOf(change: ProofChange, at: ProofAt): string {
  const parts = [headerSegment(change), claimsSegment(change, at)].join('.')
  const proof = `${parts}.${signatureOf(parts, change)}`
  if (change.text === undefined) return proof
  const [header = '', claims = '', signature = ''] = proof.split('.')
  return textOf(change.text)
    .replaceAll('{proof}', proof)
    .replaceAll('{header}', header)
    .replaceAll('{claims}', claims)
    .replaceAll('{signature}', signature)
}

function headerSegment({ header = {} }: ProofChange): string {
  const { jwk = KEY.jwk } = header
  const named = typeof jwk === 'string' ? (JWKS[jwk] ?? jwk) : jwk
  return segment({ typ: 'dpop+jwt', alg: 'ES256', ...header, jwk: named })
}

const claimsSegment = (
  { claims = {} }: ProofChange,
  { now, url, method, accessToken, nonce }: ProofAt,
): string =>
  segment({
    jti: 'a1b2c3',
    htm: method,
    htu: url,
    iat: now,
    ath: accessToken === undefined ? null : athOf(accessToken),
    nonce: nonce ?? null,
    ...(withTimes(claims as Json, now) as object),
  })

/** Without the members that are `null`. */
const segment = (members: object): string =>
  encoded(Object.fromEntries(Object.entries(members).filter(([, each]) => each !== null)))

function signatureOf(parts: string, { signedBy }: ProofChange): string {
  if (signedBy === 'nothing') return ''
  if (signedBy === 'the public key as a secret')
    return createHmac('sha256', JSON.stringify(KEY.jwk)).update(parts).digest('base64url')
  const { sign } = signedBy === 'another key' ? OTHER : KEY
  return sign(parts)
}
