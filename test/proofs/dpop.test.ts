import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, hash } from 'node:crypto'
import { test } from 'node:test'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import { importVerifyingKey } from '../../src/jwt/index.ts'
import { DpopChecker, type ProvenRequest } from '../../src/proofs/dpop.ts'
import { effortOfMegabyte, leastEffort } from '../time.ts'
import { athOf, encoded, proofKeyPair } from './key.ts'

const checker = () =>
  new DpopChecker({
    importKey: (jwk, alg) => importVerifyingKey(alg, jwk),
    sha256: (text) => hash('sha256', text, 'base64url'),
  })

const NOW = 1_790_000_000 as UnixSeconds
const URL_OF_TOKEN = 'https://server.example.com/token'
const client = proofKeyPair()

const check = (proof: string | undefined, more: Partial<ProvenRequest> = {}) =>
  checker().check({
    header: proof,
    method: 'POST',
    addresses: [URL_OF_TOKEN],
    now: NOW,
    ...more,
  })

const refused = { code: 'invalid_dpop_proof', status: 401 }

/** RFC 9449, figures 2 and 13. */
const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19'
const AT_TOKEN = `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`
const AT_RESOURCE = `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`

test('the proofs of RFC 9449 are valid, and name the key of its tokens', async () => {
  const atToken = await check(AT_TOKEN, { now: 1_562_262_616 as UnixSeconds })
  assert.deepEqual(atToken, {
    jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    jti: '-BwC3ESc6acc2lTc',
    iat: 1_562_262_616,
    until: 1_562_262_676,
  })
  const atResource: Partial<ProvenRequest> = {
    method: 'GET',
    addresses: ['https://resource.example.org/protectedresource'],
    accessToken: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
    now: 1_562_262_618 as UnixSeconds,
  }
  assert.equal((await check(AT_RESOURCE, atResource)).jti, 'e1j3V_bKic8-LAEB')
  await assert.rejects(check(AT_TOKEN, atResource), refused)
})

test('every asymmetric algorithm proves a key', async () => {
  const names = Object.keys(ALGORITHMS).filter((name) => !name.startsWith('HS'))
  for (const alg of names as Algorithm[]) {
    const { proof, jkt } = proofKeyPair(alg)
    assert.equal((await check(proof({ url: URL_OF_TOKEN, now: NOW }))).jkt, jkt, alg)
  }
  // RFC 9864 names the curve.
  const { proof, jkt } = proofKeyPair('EdDSA')
  const named = proof({ url: URL_OF_TOKEN, now: NOW, header: { alg: 'Ed25519' } })
  assert.equal((await check(named)).jkt, jkt)
})

test('a proof is for one method and one address, whatever the query is', async () => {
  const proof = client.proof({ url: URL_OF_TOKEN, now: NOW })
  assert.ok(await check(proof))
  assert.ok(await check(proof, { addresses: [`${URL_OF_TOKEN}?a=b`] }))
  for (const more of [
    { method: 'GET' },
    { method: 'post' },
    { addresses: ['https://other.example.com/token'] },
    { addresses: ['http://server.example.com/token'] },
    { addresses: ['https://server.example.com:8443/token'] },
    { addresses: ['https://server.example.com/token/'] },
    { addresses: ['https://server.example.com/Token'] },
    { addresses: ['https://server.example.com/token%2F'] },
    { addresses: [] },
  ])
    await assert.rejects(check(proof, more), refused, JSON.stringify(more))
})

test('addresses are compared after normalisation (RFC 3986 §6.2)', async () => {
  for (const url of [
    'https://SERVER.example.com:443/token',
    'HTTPS://server.example.com/token?query#fragment',
    'https://server.example.com/%74oken',
    'https://server.example.com/a/../token',
  ])
    assert.ok(await check(client.proof({ url, now: NOW })), url)
  const upper = client.proof({ url: 'https://server.example.com/a%2fb', now: NOW })
  assert.ok(await check(upper, { addresses: ['https://server.example.com/a%2Fb'] }))
  for (const url of [
    '/token',
    'https://user@server.example.com/token',
    'https://server.example.com.evil.example/token',
    'https://server.example.com\\@evil.example/token',
    'ftp://server.example.com/token',
    '',
    `https://server.example.com/token?${'a'.repeat(4096)}`,
  ])
    await assert.rejects(check(client.proof({ url, now: NOW })), refused, url)
  for (const htu of [null, 7, [URL_OF_TOKEN], { href: URL_OF_TOKEN }])
    await assert.rejects(
      check(client.proof({ url: URL_OF_TOKEN, now: NOW, claims: { htu } })),
      refused,
    )
})

test('a proof is valid for a minute before and after its iat', async () => {
  const at = (now: number, claims: Record<string, unknown> = {}) =>
    check(client.proof({ url: URL_OF_TOKEN, now, claims }))
  assert.equal((await at(NOW - 60)).until, NOW)
  assert.ok(await at(NOW + 60))
  await assert.rejects(at(NOW - 61), refused)
  await assert.rejects(at(NOW + 61), refused)
  for (const iat of [undefined, null, String(NOW), -1, 1e300, NOW * 1000, true, [NOW]])
    await assert.rejects(at(NOW, { iat }), refused, String(iat))
  await assert.rejects(at(NOW, { exp: NOW - 1 }), refused)
  await assert.rejects(at(NOW, { nbf: NOW + 61 }), refused)
})

test('a proof has an id of a sensible length', async () => {
  for (const jti of [undefined, '', 7, null, ['a'], 'a'.repeat(256)])
    await assert.rejects(
      check(client.proof({ url: URL_OF_TOKEN, now: NOW, claims: { jti } })),
      refused,
      String(jti).slice(0, 20),
    )
})

test('with a token a proof has its hash', async () => {
  const accessToken = 'a.b.c'
  const parts = { url: URL_OF_TOKEN, now: NOW }
  assert.ok(await check(client.proof({ ...parts, accessToken }), { accessToken }))
  for (const ath of [undefined, '', athOf('a.b.d'), accessToken, [athOf(accessToken)]])
    await assert.rejects(
      check(client.proof({ ...parts, claims: { ath } }), { accessToken }),
      refused,
    )
})

test('only a missing nonce is told, and only if nothing else is wrong', async () => {
  const isNonce = (nonce: unknown) => nonce === 'right'
  const proof = (claims: object, now: number = NOW) =>
    client.proof({ url: URL_OF_TOKEN, now, claims: { ...claims } })
  assert.ok(await check(proof({ nonce: 'right' }), { isNonce }))
  for (const nonce of [undefined, 'wrong', ['right']])
    await assert.rejects(check(proof({ nonce }), { isNonce }), { code: 'use_dpop_nonce' })
  await assert.rejects(check(proof({ nonce: 'right' }, NOW - 99), { isNonce }), refused)
})

test('the header names a public key and an asymmetric algorithm, and nothing that changes what it means', async () => {
  const { jwk, privateJwk } = client
  const other = proofKeyPair().jwk
  const rsa = proofKeyPair('RS256').jwk
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
    format: 'jwk',
  })
  for (const header of [
    { typ: undefined },
    { typ: 'JWT' },
    { typ: 'at+jwt' },
    { typ: ['dpop+jwt'] },
    { alg: 'none' },
    { alg: undefined },
    { alg: 'ES384' },
    { alg: 'HS256' },
    { alg: '__proto__' },
    { alg: 'constructor' },
    { jwk: undefined },
    { jwk: privateJwk },
    { jwk: { ...jwk, d: '' } },
    { jwk: { ...jwk, k: 'AA' } },
    { jwk: other },
    { jwk: rsa },
    { jwk: { ...jwk, alg: 'ES384' } },
    { jwk: { ...jwk, use: 'enc' } },
    { jwk: { ...jwk, x: `${jwk.x}=` } },
    { jwk: { ...jwk, y: jwk.x } },
    { jwk: { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } },
    { jwk: { kty: 'OKP', crv: 'X25519', x: jwk.x } },
    { jwk: { kty: 'constructor' } },
    { jwk: [jwk] },
    { jwk: 'https://keys.example.com' },
    { jwk: weak, alg: 'RS256' },
    { crit: ['exp'] },
    { b64: false },
    { zip: 'DEF' },
  ])
    await assert.rejects(
      check(client.proof({ url: URL_OF_TOKEN, now: NOW, header })),
      refused,
      JSON.stringify(header),
    )
  assert.ok(
    await check(
      client.proof({ url: URL_OF_TOKEN, now: NOW, header: { typ: 'DPoP+JWT' } }),
    ),
  )
})

test('a public key is no secret: a proof that is signed with it is refused', async () => {
  const { jwk } = client
  for (const [alg, given] of [
    ['HS256', jwk],
    ['HS256', { kty: 'oct', k: 'c2VjcmV0' }],
    ['none', jwk],
  ] as const) {
    const payload = { jti: 'a', htm: 'POST', htu: URL_OF_TOKEN, iat: NOW }
    const signed = `${encoded({ typ: 'dpop+jwt', alg, jwk: given })}.${encoded(payload)}`
    for (const key of ['c2VjcmV0', JSON.stringify(jwk), jwk.x ?? '']) {
      const mac = createHmac('sha256', key).update(signed).digest('base64url')
      await assert.rejects(check(`${signed}.${mac}`), refused)
    }
    await assert.rejects(check(`${signed}.`), refused)
  }
})

test('a proof that is changed, or is two, or is none, is refused', async () => {
  const proof = client.proof({ url: URL_OF_TOKEN, now: NOW })
  const [head = '', payload = '', signature = ''] = proof.split('.')
  const last = signature.endsWith('A') ? 'B' : 'A'
  for (const header of [
    undefined,
    '',
    'DPoP',
    `${proof}, ${proof}`,
    `${proof},${proof}`,
    ` ${proof}`,
    `${proof}.`,
    `${proof}=`,
    `${head}.${payload}`,
    `${head}..${signature}`,
    `${head}.${payload}.${signature.slice(0, -1)}${last}`,
    `${head}.${encoded({ jti: 'a', htm: 'POST', htu: URL_OF_TOKEN, iat: NOW })}.${signature}`,
    `${head}.${payload}.${signature}\u0141`,
    Buffer.from(proof).toString('base64url'),
  ])
    await assert.rejects(check(header), refused, header?.slice(0, 20))
})

test('of a key that was seen before the signature is verified all the same', async () => {
  const known = checker()
  const request = { method: 'POST', addresses: [URL_OF_TOKEN], now: NOW }
  const proof = client.proof({ url: URL_OF_TOKEN, now: NOW })
  const [head, payload, signature = ''] = proof.split('.')
  assert.ok(await known.check({ ...request, header: proof }))
  assert.ok(
    await known.check({
      ...request,
      header: client.proof({ url: URL_OF_TOKEN, now: NOW }),
    }),
  )
  const forged = `${head}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`
  await assert.rejects(known.check({ ...request, header: forged }), refused)
  assert.notEqual(signature, '')
})

test('a header that is huge or nested takes no more time than a proof', async () => {
  const nested = Buffer.from(`${'{"a":'.repeat(1200)}1${'}'.repeat(1200)}`).toString(
    'base64url',
  )
  const wide = encoded({
    typ: 'dpop+jwt',
    alg: 'RS256',
    jwk: { kty: 'RSA', e: 'AQAB', n: 'A'.repeat(5000) },
  })
  const headers = [
    'A'.repeat(1_000_000),
    `${'A'.repeat(500_000)}.${'A'.repeat(500_000)}.AA`,
    '.'.repeat(8192),
    `${nested}.AA.AA`,
    `${wide}.AA.AA`,
  ]
  for (const header of headers) {
    const effort = await leastEffort(() => assert.rejects(check(header), refused))
    assert.ok(effort < 10 * effortOfMegabyte(), `${header.slice(0, 20)}: ${effort} ms`)
  }
})
