import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { basic, draftCavage } from '../../src/authentication.ts'
import { verifyCavage } from '../../src/features/draft-cavage/verify.ts'
import {
  importSecret,
  importSigningKey,
  importVerifyingKey,
} from '../../src/jwt/index.ts'
import { parseCavage, signingString } from '../../src/signatures/draft-cavage.ts'
import type { SignatureKey } from '../../src/signatures/verify-signature.ts'
import { testInstance } from '../../src/testing/index.ts'
import {
  conversations,
  DIFFERENCES,
  KEYS,
  PRIVATE_KEY,
  padded,
  type RecordedCavage,
  type RecordedRequest,
  signings,
  vectors,
} from './cavage.ts'

const ORIGIN = 'https://api.example.test'

const ALGORITHMS = {
  hmac: 'hmac-sha256',
  rsa: 'rsa-v1_5-sha256',
  ed25519: 'ed25519',
} as const

/** An instance with the users and keys of the recordings, in which Basic supplies the challenge. */
async function setUp(now: number) {
  const authentication = [basic(), draftCavage()]
  const app = testInstance({ url: ORIGIN, now, authentication })
  const { users, signingKeys } = app.auth
  for (const [id, { user: username, secret, type }] of Object.entries(KEYS)) {
    // Its 1,024 bits are too few.
    if (id === 'draft-key') continue
    const owner = (await users.find({ username })) ?? (await users.create({ username }))
    const material = type === 'hmac' ? { secret: padded(secret) } : { publicKey: secret }
    const algorithm = ALGORITHMS[type]
    await signingKeys.create({ userId: owner.id }, { id, algorithm, ...material })
    if (username === 'ivan') await users.change(owner.id, { active: false })
  }
  const route = guardOf(app.auth)(({ auth }) =>
    Response.json({ user: auth.user.username }),
  )
  return { ...app, route }
}

/** "é" in a recording stands for its two bytes in UTF-8. */
const asBytes = (value: string): string => Buffer.from(value).toString('latin1')

async function answerTo(
  { method, target, headers, body }: RecordedRequest,
  { route }: Awaited<ReturnType<typeof setUp>>,
): Promise<{
  readonly status: number
  readonly user?: string
  readonly detail?: string
}> {
  const fields = headers.map(([name, value]): [string, string] => [name, asBytes(value)])
  const length: [string, string][] =
    body === null ? [] : [['Content-Length', String(Buffer.byteLength(body))]]
  const request = new Request(ORIGIN + target, {
    method,
    headers: [...fields, ...length],
    body,
  })
  const answer = await route(request, { target })
  const shown = method === 'HEAD' ? {} : ((await answer.json()) as object)
  return { status: answer.status, ...shown }
}

for (const recorded of conversations()) {
  const { id, now, request, drf_httpsig_after_basic: original } = recorded
  const difference = DIFFERENCES[id]
  const status = difference?.status ?? original.status
  test(`${id} is answered ${status}${difference ? `: ${difference.why}` : ''}`, async () => {
    await using app = await setUp(now)
    if (id === 'cavage/replay/same-again') await answerTo(request, app)
    const answer = await answerTo(request, app)
    assert.equal(answer.status, status)
    if (difference === undefined) {
      assert.equal(answer.user, original.body?.user)
      assert.equal(answer.detail, original.body?.detail)
    } else {
      assert.notEqual(status, original.status)
      if (status === 401) assert.equal(answer.detail, 'Invalid signature.')
    }
  })
}

test('every difference from drf-httpsig is one of a recording', () => {
  const known = new Set(conversations().map(({ id }) => id))
  assert.deepEqual(
    Object.keys(DIFFERENCES).filter((id) => !known.has(id)),
    [],
  )
})

/** The key of a vector. That of the draft has 1,024 bits. */
function keyNamed(id: string): SignatureKey | undefined {
  const { secret, type } = KEYS[id] ?? {}
  if (secret === undefined) return undefined
  if (type === 'hmac')
    return {
      alg: 'hmac-sha256',
      key: importSecret('HS256', secret, { allowWeak: true }).verifying,
    }
  const jwk = createPublicKey(secret).export({ format: 'jwk' })
  const key = importVerifyingKey('RS256', jwk as never, { allowWeak: true })
  return { alg: 'rsa-v1_5-sha256', key }
}

function isValid({ request }: RecordedCavage): boolean {
  const { headers: fields } = request
  const header = fields.find(([name]) => name === 'Authorization')?.[1] ?? ''
  const signature = parseCavage(header.replace('Signature ', ''))
  const key = keyNamed(signature.keyId)
  return (
    key !== undefined &&
    verifyCavage(signature, { ...request, fields }, key) !== undefined
  )
}

for (const vector of vectors()) {
  const { id, http_signature: original } = vector
  test(`CV-01 to CV-08, ${id}: ${original.verdict}`, () =>
    assert.equal(isValid(vector), original.verdict === 'accept'))
}

/** httpsig signs blanks around a value, which do not arrive. */
const NOT_AS_SENT = ['cavage/sign/padded-value']

/** Base64url, as keys write it, in base64. */
const asBase64 = (text: string): string =>
  Buffer.from(text, 'base64url').toString('base64')

for (const recorded of signings()) {
  const { id, algorithm, cover, keyId, httpsig, ...request } = recorded
  const { authorization } = httpsig
  const isOurs = ['hmac-sha256', 'rsa-sha256'].includes(algorithm)
  if (authorization === undefined || !isOurs || NOT_AS_SENT.includes(id)) continue
  test(`${id} is signed as httpsig does`, () => {
    const headers = (cover ?? ['date']).map((name) => name.toLowerCase())
    const input = { algorithm, headers, created: undefined, expires: undefined }
    const signed = signingString(input, { ...request, fields: request.headers })
    const key =
      algorithm === 'hmac-sha256'
        ? importSecret('HS256', KEYS[keyId]?.secret ?? '', { allowWeak: true })
        : importSigningKey('RS256', createPrivateKey(PRIVATE_KEY))
    const { bytes } = parseCavage(authorization.replace('Signature ', ''))
    assert.equal(asBase64(key.sign(signed)), Buffer.from(bytes).toString('base64'))
  })
}
