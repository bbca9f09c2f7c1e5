import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { encodings } from './encodings.ts'
import { importHash } from './imported.ts'
import { passwords } from './passwords.ts'
import { hashQueue } from './queue.ts'

const { hashes } = JSON.parse(
  readFileSync(
    new URL('../../test/data/passwords/imported-hashes.json', import.meta.url),
    'utf8',
  ),
) as {
  hashes: readonly {
    readonly origin: string
    readonly what: string
    readonly password: string
    readonly hash: unknown
  }[]
}

const { importHash: imported, verify } = passwords({
  queue: hashQueue({ concurrency: 100 }),
  random: systemRandom,
  warn: () => {},
})

async function stored(given: unknown): Promise<string> {
  const result = await imported(given)
  assert.ok(result.kind === 'hash', JSON.stringify(result))
  return result.hash
}

for (const { origin, what, password, hash } of hashes) {
  test(`a password that ${origin} hashed matches, and no other: ${what}`, async () => {
    const text = await stored(hash)

    assert.equal((await verify([password], text)).kind, 'right')
    assert.equal((await verify([`${password}?`], text)).kind, 'wrong')
    assert.equal(await stored(text), text)
  })
}

test('a hash of another system is outdated, so that the next sign-in replaces it', async () => {
  for (const { password, hash } of hashes)
    assert.partialDeepStrictEqual(await verify([password], await stored(hash)), {
      outdated: true,
    })
})

test('a password of better-auth matches in every form that has one NFKC form', async () => {
  const { hash } = hashes.find(({ what }) => what === 'letters that NFKC changes')!

  assert.equal((await verify(['file No1 pass'], await stored(hash))).kind, 'right')
})

const keycloak = (algorithm: string, hashIterations: number, value: string) => ({
  credentialData: JSON.stringify({ algorithm, hashIterations }),
  secretData: JSON.stringify({ salt: 'c29tZXNhbHQ=', value }),
})
const keycloakArgon2 = (parameters: object) => ({
  credentialData: JSON.stringify({
    algorithm: 'argon2',
    hashIterations: 5,
    additionalParameters: parameters,
  }),
  secretData: JSON.stringify({ salt: 'c29tZXNhbHQ=', value: base64(32) }),
})
const fusionAuth = (encryptionScheme: string, factor: number) => ({
  encryptionScheme,
  factor,
  salt: 'c29tZXNhbHQ=',
  password: base64(32),
})
const base64 = (length: number): string => Buffer.alloc(length).toString('base64')
const digest = base64(32).replace('=', '')

for (const [what, given] of [
  ['of nothing', ''],
  ['of a number', 7],
  ['of a list', []],
  ['of an empty object', {}],
  ['that is a password', 'hunter2'],
  ['of MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['of Django without salt', 'md5$seasalt$5f4dcc3b5aa765d61d8327deb882cf99'],
  ['of crypt()', '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO'],
  ['of PHP', '$P$B5ZbPGE1m9lWZPLmpWTjGYBRkTlBSa1'],
  ['of Firebase', '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9t$42xEC+ixf3L2lw==$lSrf'],
  ['of Keycloak with an unknown algorithm', keycloak('bcrypt', 10, base64(32))],
  ['of FusionAuth with an unknown algorithm', fusionAuth('salted-sha256', 20_000)],
] as const) {
  test(`a hash ${what} is refused: its algorithm is unknown`, async () => {
    assert.match(faultOf(await imported(given)), /its algorithm is unknown/)
  })
}

for (const [what, given] of [
  ['PBKDF2 with too many iterations', `$pbkdf2-sha256$5000001$c2FsdA$${digest}`],
  [
    'PBKDF2 with too many iterations for two blocks',
    `$pbkdf2-sha256$2500001$c2FsdA$${base64(64).replace('==', '')}`,
  ],
  ['PBKDF2 with a short digest', '$pbkdf2-sha256$1000$c2FsdA$AAAAAAAAAAAAAAAAAAAA'],
  ['PBKDF2 without salt', `$pbkdf2-sha256$1000$$${digest}`],
  ['PBKDF2 in another spelling of base64', `$pbkdf2-sha256$1000$c2FsdB$${digest}`],
  ['PBKDF2 with no iterations', `$pbkdf2-sha512$0$c2FsdA$${digest}`],
  ['scrypt of too much memory', `$scrypt$ln=19,r=8,p=1$c2FsdA$${digest}`],
  ['scrypt of too much work', `$scrypt$ln=17,r=8,p=3$c2FsdA$${digest}`],
  ['scrypt of N beyond numbers', `$scrypt$ln=99,r=1,p=1$c2FsdA$${digest}`],
  ['scrypt with a short digest', '$scrypt$ln=14,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAA'],
  ['Argon2 of too much memory', `$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$${digest}`],
  ['Argon2 of too many passes', `$argon2i$v=19$m=65536,t=17,p=1$c29tZXNhbHQ$${digest}`],
  ['Argon2 of an older version', `$argon2id$v=16$m=1024,t=2,p=1$c29tZXNhbHQ$${digest}`],
  ['bcrypt of too much work', `$2b$16$${'a'.repeat(53)}`],
  ['bcrypt cut off', `$2b$12$${'a'.repeat(52)}`],
  ['a salt with a NUL', `pbkdf2_sha256$1000$a\0b$${base64(32)}`],
  ['Keycloak with too many iterations', keycloak('pbkdf2-sha512', 5_000_001, base64(64))],
  ['Keycloak with a short digest', keycloak('pbkdf2-sha256', 27_500, base64(8))],
  ['Keycloak without memory', keycloakArgon2({ type: ['id'] })],
  ['Keycloak of another version', keycloakArgon2({ version: ['1.0'], memory: ['7168'] })],
  [
    'Keycloak with a salt that goes on',
    {
      credentialData: '{"algorithm":"pbkdf2-sha256","hashIterations":"1$AAAA"}',
      secretData: `{"salt":"","value":"${base64(32)}"}`,
    },
  ],
  ['FusionAuth with too many iterations', fusionAuth('salted-pbkdf2-hmac-sha256', 6e6)],
  ['FusionAuth with bcrypt of too much work', fusionAuth('bcrypt', 31)],
] as const) {
  test(`a hash is refused that no sign-in would check: ${what}`, async () => {
    assert.match(
      faultOf(await imported(given)),
      /malformed, or its cost is out of bounds/,
    )
  })
}

test('a Keycloak credential whose JSON is broken is refused', async () => {
  const given = { credentialData: '{', secretData: '{}' }

  assert.equal((await importHash(given, encodings())).kind, 'fault')
})

function faultOf(result: Awaited<ReturnType<typeof imported>>): string {
  assert.ok(result.kind === 'fault', 'it was accepted')
  return result.message
}
