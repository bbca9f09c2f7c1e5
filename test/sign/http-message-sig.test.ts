import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createSignature, verifySignature, webcrypto } from 'http-message-sig'
import { httpSignature, requestVerifier } from '../../src/sign/index.ts'
import { keyPairFor, WEB_ALGORITHMS } from './keys.ts'

const NOTES = 'https://api.example.com/notes?page=2&Ü=ß'
const NOW = 1_790_000_000

// With keys of WebCrypto the library has this algorithm alone.
const pair = keyPairFor('ed25519')
const clock = () => NOW

test('MS-31: http-message-sig accepts what is signed here', async () => {
  const signer = httpSignature({ keyId: 'k', key: pair.privateJwk, alg: true, clock })
  const { headers } = await signer.sign({ method: 'POST', url: NOTES, body: 'x' })
  const key = pair.publicKey.toCryptoKey(WEB_ALGORITHMS.ed25519, false, ['verify'])
  const verified = (url: string) =>
    verifySignature(new Request(url, { method: 'POST', headers, body: 'x' }), {
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: ['@method', '@target-uri', 'content-digest'],
        requiredParameters: ['created', 'keyid', 'nonce'],
        now: NOW,
      },
      resolveVerifier: () => webcrypto.verifier(key),
    })
  assert.equal((await verified(NOTES)).parameters.keyid, 'k')
  await assert.rejects(verified(`${NOTES}0`))
})

test('MS-31: what http-message-sig signs is verified', async () => {
  const key = pair.privateKey.toCryptoKey(WEB_ALGORITHMS.ed25519, false, ['sign'])
  const { signature, signatureInput } = await createSignature(new Request(NOTES), {
    components: ['@method', '@target-uri'],
    parameters: { created: NOW, keyid: 'k', nonce: randomUUID(), alg: 'ed25519' },
    signer: webcrypto.signer(key),
    label: 'theirs',
  })
  const verify = requestVerifier({
    url: 'https://api.example.com',
    keys: { k: pair.publicJwk },
    clock,
  })
  const headers = { signature, 'signature-input': signatureInput }
  await assert.rejects(verify(new Request(`${NOTES}0`, { headers })))
  assert.equal((await verify(new Request(NOTES, { headers }))).keyId, 'k')
})
