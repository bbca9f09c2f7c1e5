import { createHmac, generateKeyPairSync } from 'node:crypto'
import { authenticateAssertion } from '../../src/features/oauth/client-assertion.ts'
import { type Algorithm, generateKey, importSigningKey } from '../../src/jwt/index.ts'
import { accountsIn } from '../accounts/open.ts'
import { encoded, withTimes } from '../conformance/forge.ts'
import type { Json } from '../conformance/recording.ts'
import { URL_OF_APP } from '../oauth/setup.ts'
import { type Attack, textOf } from './corpus.ts'
import type { AssertionChange } from './oauth-corpus.ts'
import { siteAt } from './site.ts'
import { outcomeOfAsync, type Verdict } from './verdict.ts'

type KeysCase = Attack<'client_keys'>

const ADDRESS = 'https://app.example/jwks.json'

/** Registers an application with the address of its keys, and authenticates it by an assertion. */
export async function judgeClientKeys(attack: KeysCase): Promise<Verdict> {
  const { id, kind, reason } = attack
  const app = await accountsIn({ oauth: true })
  await using site = await siteAt({
    resolves: attack.resolves ?? ['93.184.215.14'],
    answer: { status: 200, ...attack.answer, body: bodyOf(attack) },
  })
  try {
    const result = await resultOf(attack, app, site)
    const faults = [...resultFaults(attack, result), ...reached(attack, site)]
    return { id, kind, reason, faults }
  } finally {
    await app.auth.close()
  }
}

function resultFaults({ expect, error = [] }: KeysCase, result: string): string[] {
  const isRight = expect === 'accept' ? result === 'accept' : error.includes(result)
  return isRight ? [] : [`the result is: ${result}`]
}

function reached(
  { connections }: KeysCase,
  site: { connections(): number },
): readonly string[] {
  const found = site.connections()
  if (connections === undefined || found === connections) return []
  return [`${found} connections, not ${connections}`]
}

type App = Awaited<ReturnType<typeof accountsIn>>
type Site = Awaited<ReturnType<typeof siteAt>>

/** `accept`, or the code of the error. */
async function resultOf(attack: KeysCase, app: App, site: Site): Promise<string> {
  const jwksUri = attack.uri ?? ADDRESS
  const registered = await outcomeOfAsync(() =>
    app.auth.clients.create({ id: 'app', name: 'App', jwksUri }),
  )
  if (registered.kind === 'broken') return `throws ${registered.error}`
  if (registered.kind === 'refused') return registered.error.code
  const keys = [KEYS['another key']?.jwk ?? {}]
  await app.auth.clients.create({ id: 'other', name: 'Other', keys })
  const assertion = assertionOf(attack.assertion ?? {}, app.core.clock())
  const ids = { 'the application': 'app', 'another application': 'other' } as const
  const beside = attack.beside && ids[attack.beside]
  let result = ''
  for (let sent = 0; sent < (attack.times ?? 1); sent++)
    result = await answerTo({ id: beside, assertion }, app, site)
  return result
}

async function answerTo(
  presented: { readonly id: string | undefined; readonly assertion: string },
  { core }: App,
  { network }: Site,
): Promise<string> {
  const outcome = await outcomeOfAsync(() =>
    authenticateAssertion(presented, core, network),
  )
  if (outcome.kind === 'broken') return `throws ${outcome.error}`
  if (outcome.kind === 'refused') return outcome.error.code
  if (outcome.value === undefined) return 'invalid_client'
  const { id } = outcome.value as { readonly id: string }
  return id === 'app' ? 'accept' : `is taken for ${id}`
}

interface Key {
  readonly alg: string
  readonly jwk: { readonly [member: string]: unknown }
  sign(text: string): string
}

function keyOf(alg: Algorithm, kid: string): Key {
  const { publicJwk, privatePem } = generateKey(alg)
  const { sign } = importSigningKey(alg, privatePem, { kid })
  return { alg, jwk: { ...publicJwk, kid }, sign }
}

const SECRET = Buffer.from('a secret of 32 bytes, published!')

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const KEYS: { readonly [name: string]: Key } = {
  'the key': keyOf('ES256', 'k1'),
  'another key': keyOf('ES256', 'k2'),
  'an RSA key': keyOf('RS256', 'k3'),
  'a key of P-384': keyOf('ES384', 'k4'),
  'a key of Edwards': keyOf('EdDSA', 'k5'),
  'a secret': {
    alg: 'HS256',
    jwk: { kty: 'oct', alg: 'HS256', k: SECRET.toString('base64url'), kid: 'k1' },
    sign: (text) => createHmac('sha256', SECRET).update(text).digest('base64url'),
  },
  'a private key': {
    alg: 'ES256',
    jwk: { ...EC.privateKey.export({ format: 'jwk' }), kid: 'k1' },
    sign: importSigningKey(
      'ES256',
      EC.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      { kid: 'k1' },
    ).sign,
  },
  'an RSA key of 1024 bits': rsaOf(1024),
}

/** Too short for us, so that it is signed with here. */
function rsaOf(modulusLength: number): Key {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const { sign } = importSigningKey('RS256', pem, { kid: 'k1', allowWeak: true })
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'k1' }
  return { alg: 'RS256', jwk, sign }
}

function bodyOf({ answer, keys = ['the key'] }: KeysCase): string {
  if (answer?.body === undefined) return JSON.stringify({ keys: keys.map(published) })
  return textOf(answer.body).replaceAll('{key}', JSON.stringify(KEYS['the key']?.jwk))
}

/** An entry of a key set. */
function published(entry: unknown): unknown {
  if (typeof entry === 'string') return KEYS[entry]?.jwk ?? entry
  if (typeof entry !== 'object' || entry === null || !('of' in entry)) return entry
  const { of, ...members } = entry
  return withoutNull({ ...KEYS[String(of)]?.jwk, ...members })
}

const withoutNull = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, each]) => each !== null))

function assertionOf(change: AssertionChange, now: number): string {
  const { header = {}, claims = {}, signedBy = 'the key', text } = change
  const key = KEYS[signedBy] ?? KEYS['the key']
  const said = {
    iss: 'app',
    sub: 'app',
    aud: URL_OF_APP,
    jti: 'a1b2c3',
    iat: now,
    exp: now + 60,
    ...(withTimes(claims as Json, now) as object),
  }
  const parts = [
    encoded(withoutNull({ alg: key?.alg, kid: key?.jwk.kid, ...header }) as Json),
    encoded(withoutNull(said) as Json),
  ] as const
  const signed = parts.join('.')
  const signature = signatureOf(signed, signedBy)
  if (text === undefined) return `${signed}.${signature}`
  return textOf(text)
    .replaceAll('{header}', parts[0])
    .replaceAll('{claims}', parts[1])
    .replaceAll('{signature}', signature)
}

function signatureOf(signed: string, signedBy: string): string {
  if (signedBy === 'nothing') return ''
  if (signedBy !== 'the public key as a secret') return KEYS[signedBy]?.sign(signed) ?? ''
  const { kid: _, ...members } = KEYS['the key']?.jwk ?? {}
  const secret = JSON.stringify(members)
  return createHmac('sha256', secret).update(signed).digest('base64url')
}
