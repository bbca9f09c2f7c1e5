import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apiToken,
  basic,
  remoteUser,
  session,
  statelessBearer,
} from '../../src/authentication.ts'
import {
  generateKey,
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  remoteKeySet,
  verifier,
  verifySignature,
} from '../../src/jwt/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { verifier as verifierElsewhere } from '../../src/verify/index.ts'
import { SECRET } from './setup.ts'

/* In JavaScript no compiler sees a misspelt option, and without a word it would mean the default. */

const { auth } = testInstance()
test.after(() => auth.close())

const { privatePem, publicJwk } = generateKey('ES256')

type Misspelt = (options: never) => unknown

const CASES: readonly (readonly [Misspelt, object, fault: string])[] = [
  [
    session,
    { orgins: [] },
    '"session({ orgins })". Did you mean "session({ origins })"?',
  ],
  [
    session,
    { secur: false },
    '"session({ secur })". Did you mean "session({ secure })"?',
  ],
  [basic, { relm: 'x' }, '"basic({ relm })". Did you mean "basic({ realm })"?'],
  [
    remoteUser,
    { header: 'X-User', form: ['127.0.0.1'] },
    '"remoteUser({ form })". Did you mean "remoteUser({ from })"?',
  ],
  [
    (options) => remoteUser(() => undefined, options),
    { creat: true },
    '"remoteUser({ creat })". Did you mean "remoteUser({ create })"?',
  ],
  [
    statelessBearer,
    { revocations: false },
    '"statelessBearer({ revocations })". Did you mean "statelessBearer({ revocation })"?',
  ],
  [apiToken, { word: 'x' }, '"apiToken({ word })". The options are keyword.'],
  [
    verifier,
    { keys: new KeySet([]), audiance: 'api' },
    '"verifier({ audiance })". Did you mean "verifier({ audience })"?',
  ],
  [
    (options) => remoteKeySet('https://a.example/', options),
    { algorithm: 'ES256', maxage: 1 },
    '"remoteKeySet({ maxage })". Did you mean "remoteKeySet({ maxAge })"?',
  ],
  [
    (options) => importSecret('HS256', SECRET, options),
    { kidd: 'a' },
    '"importSecret({ kidd })". Did you mean "importSecret({ kid })"?',
  ],
  [
    (options) => importSigningKey('ES256', privatePem, options),
    { pasphrase: 'x' },
    '"importSigningKey({ pasphrase })". Did you mean "importSigningKey({ passphrase })"?',
  ],
  [
    (options) => importVerifyingKey('ES256', publicJwk, options),
    { allowweak: true },
    '"importVerifyingKey({ allowweak })". Did you mean "importVerifyingKey({ allowWeak })"?',
  ],
  [
    (options) => verifySignature('a.b.c', new KeySet([]), options),
    { maxbytes: 9 },
    '"verifySignature({ maxbytes })". Did you mean "verifySignature({ maxBytes })"?',
  ],
  [verifierElsewhere, { isuer: 'x' }, '"isuer". Did you mean "issuer"?'],
  [
    auth.keys.rotate,
    { leak: true },
    '"keys.rotate({ leak })". Did you mean "keys.rotate({ leaked })"?',
  ],
  [
    (options) => auth.apiTokens.keyFor('7', options),
    { rest: true },
    '"apiTokens.keyFor({ rest })". Did you mean "apiTokens.keyFor({ reset })"?',
  ],
  [
    (options) => auth.apiTokens.create('7', options),
    { expires: '1d' },
    '"apiTokens.create({ expires })". Did you mean "apiTokens.create({ expiresIn })"?',
  ],
  [
    auth.events.list,
    { userid: '7' },
    '"events.list({ userid })". Did you mean "events.list({ userId })"?',
  ],
  [
    auth.users.list,
    { limi: 1 },
    '"users.list({ limi })". Did you mean "users.list({ limit })"?',
  ],
]

for (const [call, options, fault] of CASES) {
  test(`an option that does not exist is refused: ${fault}`, async () => {
    await assert.rejects(async () => call(options as never), {
      code: 'invalid_config',
      message: `There is no option ${fault}`,
    })
  })
}

test('a member of a guard that does not exist is refused, with those that do', async () => {
  await assert.rejects(
    async () =>
      auth.require(new Request('http://h/'), { permision: 'notes.add' } as never),
    { code: 'invalid_config', message: /has no member "permision"\. Its members are / },
  )
})
