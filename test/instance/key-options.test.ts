import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const encrypted = pair.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-128-cbc',
  passphrase: 'seven bridges',
}) as string

const cases: Readonly<Record<string, NonNullable<Options['tokens']>>> = {
  'a PEM of one line': { algorithm: 'RS256', signingKey: pem.replaceAll('\n', '\\n') },
  'an encrypted PEM': {
    algorithm: 'RS256',
    signingKey: encrypted,
    passphrase: 'seven bridges',
  },
  'a KeyObject': {
    algorithm: 'RS256',
    signingKey: pair.privateKey,
    verifyingKey: pair.publicKey,
  },
  'a secret as a KeyObject': {
    algorithm: 'HS256',
    signingKey: createSecretKey(Buffer.from('Zx81-kq7_Lm02pVw9sTb4Yd6Hn3Rf5Jc')),
  },
}

for (const [what, tokens] of Object.entries(cases))
  test(`an instance signs with ${what}`, async (t) => {
    const { auth } = testInstance({ tokens })
    t.after(() => auth.close())
    const user = await auth.users.create({ username: 'leo' })
    const { access } = await auth.signIn(user)
    const headers = { authorization: `Bearer ${access}` }
    const request = new Request('http://localhost/', { headers })
    assert.equal((await auth.require(request)).user.username, 'leo')
  })

for (const name of ['signingKey', 'verifyingKey', 'jwksUrl'] as const)
  test(`tokens.${name} given as undefined is an error`, () => {
    const tokens = { algorithm: 'RS256', [name]: undefined } as never
    assert.throws(() => watchword({ tokens }), {
      code: 'invalid_config',
      message: new RegExp(`tokens\\.${name} is undefined.*Set the variable`),
    })
  })

test('an encrypted key without its passphrase is refused with the true reason', () => {
  assert.throws(
    () => watchword({ tokens: { algorithm: 'RS256', signingKey: encrypted } }),
    { code: 'invalid_config', message: /tokens\.signingKey.*is encrypted/ },
  )
})
