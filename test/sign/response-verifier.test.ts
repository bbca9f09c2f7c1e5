import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { httpbis } from 'http-message-signatures'
import {
  httpSignature,
  responseVerifier,
  type SignatureError,
  signedFetch,
} from '../../src/sign/index.ts'
import { foreignKey } from '../signatures/foreign-key.ts'
import { privateKeyNamed, type Recorded, recordings } from '../signatures/recordings.ts'
import { keyPairFor } from './keys.ts'

const NOTES = 'https://api.example.com/notes'
const NOW = 1_790_000_000
const pair = keyPairFor('ed25519')
const clock = () => NOW

const refusal = (message: RegExp) => (error: SignatureError) => {
  assert.equal(error.name, 'SignatureError')
  assert.match(error.message, message)
  return true
}

const digestOf = (body: string): string =>
  `sha-256=:${createHash('sha256').update(body).digest('base64')}:`

/** An answer that another library signs. */
async function answerTo(
  { method, url, headers }: Request,
  body: string,
  fields = [
    '@status',
    'content-digest',
    '"@method";req',
    '"@target-uri";req',
    '"signature";req;key="sig"',
  ],
): Promise<Response> {
  const signed = await httpbis.signMessage(
    {
      key: foreignKey(pair.privateKey, 'ed25519', 'server'),
      fields,
      params: ['created', 'keyid'],
      paramValues: { created: new Date(NOW * 1000) },
    },
    { status: 200, headers: { 'content-digest': digestOf(body) } },
    { method, url, headers: Object.fromEntries(headers) },
  )
  return new Response(body, { headers: signed.headers as Record<string, string> })
}

const verifyAnswers = responseVerifier({ keys: { server: pair.publicJwk }, clock })

test('an answer that is signed for the request is accepted, and its body can be read', async () => {
  const signer = httpSignature({ keyId: 'k', key: 'a secret', clock, verifyAnswers })
  const fetch = signedFetch(signer, { fetch: (request) => answerTo(request, 'hello') })
  assert.equal(await (await fetch(NOTES)).text(), 'hello')
})

test('an answer to another request, with another body, or without a signature is an error', async () => {
  const signer = httpSignature({ keyId: 'k', key: 'a secret', clock, verifyAnswers })
  const answered = (answer: (request: Request) => Promise<Response>) =>
    signedFetch(signer, { fetch: answer })(NOTES)
  const invalid = /not the one of this message/
  await assert.rejects(
    answered((request) => answerTo(new Request(`${NOTES}?x`, request), 'hello')),
    refusal(invalid),
  )
  const first = await signer.sign({ url: NOTES })
  await assert.rejects(
    answered(() => answerTo(new Request(NOTES, { headers: first.headers }), 'hello')),
    refusal(invalid),
  )
  await assert.rejects(
    answered(async (request) => {
      const { headers } = await answerTo(request, 'hello')
      return new Response('good bye', { headers })
    }),
    refusal(/Content-Digest is not the one/),
  )
  await assert.rejects(
    answered((request) => answerTo(request, 'hello', ['@status'])),
    refusal(/does not cover "@method";req, "@target-uri";req/),
  )
  await assert.rejects(
    answered(async () => new Response('hello')),
    refusal(/one signature/),
  )
  const unknown = await answered(async () => new Response(null, { status: 401 }))
  assert.equal(unknown.status, 401)
})

test('the answers of RFC 9421 are valid or invalid as they are printed there', async () => {
  const verdicts: string[] = []
  for (const { id, standard, message, request, now } of recordings()) {
    if (!id.startsWith('rfc9421/vector/') || message.status === undefined) continue
    const verify = responseVerifier({
      keys: (keyId) => privateKeyNamed(keyId),
      components: ['@status'],
      clock: () => now,
    })
    const answer = new Response(message.body ?? null, {
      status: message.status,
      headers: pairsOf(message),
    })
    const answered = request ?? { headers: [] }
    const { method = 'GET', url = NOTES, body } = answered
    const verdict = await verify(answer, {
      method,
      url,
      body,
      headers: pairsOf(answered),
    })
      .then(() => 'valid')
      .catch(({ name }) => (name === 'SignatureError' ? 'invalid' : name))
    assert.equal(verdict, standard, id)
    verdicts.push(verdict)
  }
  assert.ok(verdicts.filter((each) => each === 'valid').length >= 3)
  assert.ok(verdicts.includes('invalid'))
})

const pairsOf = ({ headers }: Pick<Recorded['message'], 'headers'>) =>
  headers.map(([name, value]): [string, string] => [name, value])
