import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { httpbis } from 'http-message-signatures'
import {
  type HttpSignatureOptions,
  httpSignature,
  type RequestVerifierOptions,
  requestVerifier,
  type SignatureError,
} from '../../src/sign/index.ts'
import { foreignKey } from '../signatures/foreign-key.ts'
import { ASYMMETRIC, keyPairFor } from './keys.ts'

const URL_OF_HOOKS = 'https://hooks.example.com'
const HOOK = `${URL_OF_HOOKS}/hooks/orders`
const EVENT = '{"paid":true}'
const NOW = 1_790_000_000

/** A sender and a receiver that share a secret. */
function setUp(
  receiver: Partial<RequestVerifierOptions> = {},
  sender: Partial<HttpSignatureOptions> = {},
) {
  let now = NOW
  const clock = () => now
  const signer = httpSignature({ keyId: 'shop', key: 'a secret', clock, ...sender })
  const verify = requestVerifier({
    url: URL_OF_HOOKS,
    keys: { shop: 'a secret' },
    clock,
    ...receiver,
  })
  const signed = async (body: string | undefined = EVENT, method = 'POST') => {
    const { headers } = await signer.sign({ method, url: HOOK, body })
    return new Request(HOOK, { method, headers, ...(method === 'POST' && { body }) })
  }
  const wait = (seconds: number) => (now += seconds)
  return { verify, signed, wait }
}

const refusal = (message: RegExp) => (error: SignatureError) => {
  assert.equal(error.name, 'SignatureError')
  assert.match(error.message, message)
  return true
}

test('a signed request is that of its key, and its body can be read again', async () => {
  const { verify, signed } = setUp()
  const request = await signed()
  const { keyId, body, created } = await verify(request)
  assert.deepEqual([keyId, String(Buffer.from(body)), created], ['shop', EVENT, NOW])
  assert.equal(await request.text(), EVENT)
  assert.equal((await verify(await signed('', 'GET'))).body.length, 0)
})

for (const algorithm of ASYMMETRIC) {
  test(`${algorithm}: public keys verify as JSON Web Keys and in PEM`, async () => {
    const { privateJwk, publicJwk, publicKey } = keyPairFor(algorithm)
    const pem = String(publicKey.export({ format: 'pem', type: 'spki' }))
    for (const key of [publicJwk, privateJwk, pem]) {
      const keys = async (id: string) => (id === 'shop' ? { key, algorithm } : undefined)
      const { verify, signed } = setUp({ keys }, { key: privateJwk, algorithm })
      assert.equal((await verify(await signed())).keyId, 'shop')
    }
    const other = keyPairFor(algorithm).publicJwk
    const keys = { shop: { key: other, algorithm } }
    const { verify, signed } = setUp({ keys }, { key: privateJwk, algorithm })
    await assert.rejects(verify(await signed()), refusal(/not the one of this message/))
  })
}

test('a request that is changed, replayed, old or not signed is refused', async () => {
  const { verify, signed, wait } = setUp()
  const request = await signed()
  const { headers } = request
  const post = (url: string, body: string) =>
    verify(new Request(url, { method: 'POST', headers, body }))
  await assert.rejects(post(HOOK, '{}'), refusal(/not the one of the body/))
  await assert.rejects(post(`${HOOK}?x`, EVENT), refusal(/not the one of this message/))
  await assert.rejects(verify(new Request(HOOK)), refusal(/There must be one signature/))
  const { signed: ofOther } = setUp({}, { keyId: 'other' })
  await assert.rejects(verify(await ofOther()), refusal(/The key is not known/))
  const { signed: bare } = setUp(
    {},
    { components: ['@method', '@target-uri'], nonce: false },
  )
  await assert.rejects(verify(await bare()), refusal(/has no nonce/))
  await verify(request.clone())
  await assert.rejects(verify(request.clone()), refusal(/nonce was used before/))
  const old = await signed()
  wait(301)
  await assert.rejects(verify(old), refusal(/too old/))
})

test('the Host of a request does not count, and a path that a proxy cuts off is put back', async () => {
  const { verify, signed } = setUp({ url: `${URL_OF_HOOKS}/hooks/` })
  const request = await signed()
  const { headers } = request
  const body = EVENT
  await verify({ method: 'POST', url: '/orders', headers, body })
  const again = await signed()
  const url = 'http://10.0.0.7:8080/hooks/orders'
  await verify({ method: 'POST', url, headers: again.headers, body })
  const elsewhere = setUp({ url: 'https://others.example.com' })
  await assert.rejects(elsewhere.verify(await signed()), refusal(/not the one of this/))
})

test('the request of node:http is verified with its bytes', async () => {
  const { verify, signed } = setUp()
  const headers = {
    ...Object.fromEntries((await signed()).headers),
    'set-cookie': ['a', 'b'],
  }
  const received = { method: 'POST', url: '/hooks/orders', headers }
  assert.equal((await verify({ ...received, body: Buffer.from(EVENT) })).keyId, 'shop')
  await assert.rejects(verify({ ...received, body: '{}' }), refusal(/body/))
})

test('nonces can be recorded in a place that several processes share', async () => {
  const used: unknown[] = []
  const { verify, signed } = setUp(
    {
      use: async (id, until) => {
        used.push([id, until])
        return false
      },
    },
    { nonce: () => 'n1' },
  )
  await assert.rejects(verify(await signed()), refusal(/nonce was used before/))
  assert.deepEqual(used, [['["shop","n1"]', NOW + 300]])
})

test('several signatures are told apart by their tags', async () => {
  const { verify, signed } = setUp({ tag: 'webhook' }, { tag: 'webhook' })
  const request = await signed()
  const proxy = httpSignature({ keyId: 'proxy', key: 'x', clock: () => NOW })
  const { headers } = await proxy.sign({
    method: 'POST',
    url: HOOK,
    headers: request.headers,
    body: EVENT,
  })
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
  assert.equal((await verify(request)).tag, 'webhook')
  const { verify: withoutTag } = setUp()
  await assert.rejects(withoutTag(request), refusal(/see tag/))
})

for (const algorithm of ['hmac-sha256', ...ASYMMETRIC] as const) {
  test(`MS-31: what another library signs with ${algorithm} is verified`, async () => {
    const pair = algorithm === 'hmac-sha256' ? undefined : keyPairFor(algorithm)
    const key = pair?.publicJwk ?? 'a secret'
    const { verify } = setUp({ keys: { k: { key, algorithm } } })
    const { headers } = await httpbis.signMessage(
      {
        key: foreignKey(pair?.privateKey ?? 'a secret', algorithm, 'k'),
        fields: ['@method', '@target-uri'],
        params: ['created', 'keyid', 'nonce', 'alg'],
        paramValues: { created: new Date(NOW * 1000), nonce: randomUUID() },
      },
      { method: 'GET', url: HOOK, headers: {} },
    )
    const request = new Request(HOOK, { headers: headers as Record<string, string> })
    assert.equal((await verify(request)).keyId, 'k')
  })
}
