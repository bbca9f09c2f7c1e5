import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { guardOf } from '../../src/adapters/fetch.ts'
import { bearer, hawk, httpSignature } from '../../src/authentication.ts'
import { signingKeyJson } from '../../src/features/signing-keys/signing-key-json.ts'
import { watchword } from '../../src/index.ts'
import { dpop, signedFetch } from '../../src/sign/index.ts'
import { folder, PASSWORD, SECRET } from '../cli/folder.ts'
import { keyPairFor } from './keys.ts'

/** A server with a guarded route, and a folder with files of keys. */
async function setUp(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = watchword({
    database: 'sqlite::memory:',
    secret: SECRET,
    url,
    dpop: true,
    authentication: [httpSignature(), hawk(), bearer()],
  })
  t.after(() => auth.close())
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const guarded = guardOf(auth)(async (request) =>
    Response.json({
      user: request.auth.user.username,
      type: request.headers.get('content-type'),
      body: await request.text(),
    }),
  )
  const answer = (request: Request) => {
    if (request.url.endsWith('/notes')) return guarded(request)
    return auth.handler(request, { address: '127.0.0.1' })
  }
  server.on('request', getRequestListener(answer))
  const files = folder()
  t.after(() => files[Symbol.dispose]())
  const write = (name: string, content: string | object): void =>
    writeFileSync(
      join(files.path, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    )
  const keyFile = async (name: string, options: object = {}) => {
    const { key, secret } = await auth.signingKeys.create({ userId: ada.id }, options)
    write(name, { ...signingKeyJson(key), secret: secret ?? null })
    return { key, secret }
  }
  const call = (line: string, options = {}) =>
    files.run(`call ${line}`.replaceAll('./', `${files.path}/`), options)
  return { url, notes: `${url}/notes`, auth, ada, write, keyFile, call }
}

test('call signs a request with the key that signing-key create has printed', async (t) => {
  const { notes, keyFile, call } = await setUp(t)
  await keyFile('key.json')
  assert.deepEqual(await call(`${notes} --key ./key.json`), {
    code: 0,
    out: '200 OK\n\n{"user":"ada","type":null,"body":""}\n',
    err: '',
  })
  const posted = await call(`${notes} --key ./key.json -d {"a":1} --json`)
  const { status, body } = JSON.parse(posted.out)
  assert.deepEqual(
    [status, JSON.parse(body)],
    [200, { user: 'ada', type: 'application/json', body: '{"a":1}' }],
  )
})

test('an answer that is an error ends with 1, and its text is printed', async (t) => {
  const { notes, url, keyFile, auth, call } = await setUp(t)
  const { key } = await keyFile('key.json')
  await auth.signingKeys.revoke(key.id)
  const { code, out, err } = await call(`${notes} --key ./key.json`)
  assert.deepEqual([code, err], [1, ''])
  assert.match(out, /^401 Unauthorized\n\n.*"code":"invalid_signature"/)
  const missing = await call(`${url}/nothing --key ./key.json`)
  assert.match(missing.out, /^404 Not Found/)
})

test('without an answer it ends with 1 and says why', async (t) => {
  const { keyFile, call } = await setUp(t)
  await keyFile('key.json')
  const { code, out, err } = await call('http://127.0.0.1:1/ --key ./key.json')
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^fetch failed: .+\n$/)
})

test('with --verbose the text that was signed is printed, and with --dry-run nothing is sent', async (t) => {
  const { notes, keyFile, call } = await setUp(t)
  const { secret = '' } = await keyFile('key.json')
  const dry = await call(
    `http://127.0.0.1:1/notes?a=1 --key ./key.json -X PUT -d hello --dry-run`,
  )
  assert.equal(dry.code, 0)
  assert.match(
    dry.out,
    /^PUT http:\/\/127\.0\.0\.1:1\/notes\?a=1\ncontent-digest: .+\nsignature-input: .+\nsignature: .+\n\nSigned text:\n {2}"@method": PUT\n {2}"@target-uri": http:\/\/127\.0\.0\.1:1\/notes\?a=1\n {2}"content-digest": .+\n {2}"@signature-params": .+\n$/,
  )
  const verbose = await call(`${notes} --key ./key.json -v`)
  assert.match(
    verbose.out,
    /^GET [\s\S]+Signed text:[\s\S]+\n\n200 OK\n[\s\S]+"user":"ada"/,
  )
  for (const { out } of [dry, verbose]) assert.ok(!out.includes(secret))
  const json = JSON.parse((await call(`${notes} --key ./key.json -v --json`)).out)
  assert.match(json.requests[0].signed, /^"@method": GET\n/)
})

test('a key is read from standard input, from the environment, in PEM and as a JSON Web Key', async (t) => {
  const { notes, auth, ada, write, keyFile, call } = await setUp(t)
  const { key, secret = '' } = await keyFile('key.json')
  const id = `--key-id ${key.id}`
  assert.equal((await call(`${notes} --key - ${id}`, { input: `${secret}\n` })).code, 0)
  assert.equal((await call(`${notes} ${id}`, { env: { WATCHWORD_KEY: secret } })).code, 0)
  const { publicJwk, privateJwk, privateKey } = keyPairFor('ed25519')
  const pair = await auth.signingKeys.create({ userId: ada.id }, { publicKey: publicJwk })
  write('key.jwk', { ...privateJwk, kid: pair.key.id })
  assert.equal((await call(`${notes} --key ./key.jwk`)).code, 0)
  write('key.pem', String(privateKey.export({ format: 'pem', type: 'pkcs8' })))
  const pem = `${notes} --key ./key.pem --key-id ${pair.key.id}`
  assert.equal((await call(`${pem} --algorithm ed25519`)).code, 0)
})

test('a key of Hawk signs as Hawk does it', async (t) => {
  const { notes, keyFile, call } = await setUp(t)
  await keyFile('key.json', { algorithm: 'hawk-sha256' })
  assert.equal((await call(`${notes} --key ./key.json -d hello`)).code, 0)
  const { out } = await call(`${notes} --key ./key.json --dry-run`)
  assert.match(out, /authorization: Hawk id="[\s\S]+Signed text:\n {2}hawk\.1\.header\n/)
})

test('with --scheme dpop the token of the environment is proven, and not printed', async (t) => {
  const { url, notes, write, call } = await setUp(t)
  const { privateJwk } = keyPairFor('ecdsa-p256-sha256')
  write('key.jwk', privateJwk)
  const signIn = await signedFetch(dpop({ key: privateJwk }))(`${url}/api/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ada', password: PASSWORD }),
  })
  const { access } = (await signIn.json()) as { readonly access: string }
  const line = `${notes} --key ./key.jwk --scheme dpop -v`
  const { code, out } = await call(line, { env: { WATCHWORD_ACCESS_TOKEN: access } })
  assert.equal(code, 0)
  assert.match(out, /^authorization: DPoP …$/m)
  assert.ok(!out.includes(access))
  assert.equal((await call(line)).code, 1)
})

test('what is missing or wrong on the command line is said, and ends with 2', async (t) => {
  const { notes, write, keyFile, call } = await setUp(t)
  await keyFile('key.json')
  write('secret', 'a secret')
  write('rsa.jwk', { ...keyPairFor('rsa-pss-sha512').privateJwk, kid: 'k' })
  for (const [line, message] of [
    ['notes --key ./key.json', /^URL must be an address such as/],
    [notes, /^Give the file of a key with --key FILE/],
    [`${notes} --key ./secret`, /^The file of the key does not have its id/],
    [`${notes} --key ./rsa.jwk`, /^The key does not say its algorithm/],
    [`${notes} --key ./key.json --scheme hawks`, /Did you mean hawk\?/],
    [`${notes} --key ./key.json --scheme dpop`, /must be a private JSON Web Key/],
    [`${notes} --key ./key.json -H Accept`, /^--header must be a name and a value/],
    [`${notes} --key ./key.json -H Authorization:x`, /^Authorization must not be on/],
  ] as const) {
    const { code, out, err } = await call(line)
    assert.deepEqual([code, out], [2, ''], line)
    assert.match(err, message)
  }
  const missing = await call(`${notes} --key ./missing.json`)
  assert.deepEqual([missing.code, /cannot be read/.test(missing.err)], [1, true])
})
