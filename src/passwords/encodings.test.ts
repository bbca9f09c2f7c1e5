import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { base64Of, type ParsedHash } from './encoding.ts'
import { encodings, parseHash } from './encodings.ts'

const readJson = <T>(name: string): T =>
  JSON.parse(
    readFileSync(new URL(`../../test/data/passwords/${name}`, import.meta.url), 'utf8'),
  )

interface DjangoHash {
  readonly encoding: string
  readonly what: string
  readonly password: string
  readonly hash: string
}
const django = readJson<{ hashes: readonly DjangoHash[] }>('django-hashes.json').hashes

const known = encodings()
const { current } = known

const read = async (hash: string): Promise<ParsedHash | undefined> =>
  parseHash(hash, known)

const verify = async (password: string, hash: string): Promise<boolean | undefined> =>
  (await read(hash))?.verify(Buffer.from(password))

/** bcrypt ignores bytes beyond 72: users with a longer password need a new one. */
const isRefused = ({ encoding, what }: DjangoHash): boolean =>
  encoding === 'bcrypt' && (what === '73 octets' || what === '1024 octets')

for (const each of django.filter((hash) => !isRefused(hash))) {
  test(`a password that Django hashed matches: ${each.encoding}, ${each.what}`, async () => {
    const { password, hash } = each

    assert.equal(await verify(password, hash), true)
    assert.equal(await verify(`${password.slice(0, -1)}?`, hash), false)
  })
}

for (const { what, password, hash } of django.filter(isRefused)) {
  test(`bcrypt rejects a password that it would truncate: ${what}`, async () => {
    assert.equal(await verify(password, hash), false)
    assert.equal(await verify(password.slice(0, 72), hash), true)
  })
}

test('bcrypt rejects a password with a NUL, which would match a shorter one', async () => {
  const { hash } = django.find(
    ({ encoding, what }) => encoding === 'bcrypt' && what === 'one character',
  )!

  assert.equal(await verify('q', hash), true)
  assert.equal(await verify('q\0q', hash), false)
})

const rfc = readJson<{
  scrypt: readonly {
    password: string
    salt: string
    N: number
    r: number
    p: number
    hex: string
  }[]
  pbkdf2: readonly { password: string; salt: string; iterations: number; hex: string }[]
}>('rfc7914.json')

for (const { password, salt, N, r, p, hex } of rfc.scrypt.filter(
  (vector) => vector.salt !== '',
)) {
  test(`scrypt of RFC 7914 §12: N=${N}, r=${r}, p=${p}`, async () => {
    const digest = base64Of(Buffer.from(hex, 'hex'))

    assert.equal(await verify(password, `scrypt$${N}$${salt}$${r}$${p}$${digest}`), true)
  })
}

for (const { password, salt, iterations, hex } of rfc.pbkdf2) {
  test(`PBKDF2 of RFC 7914 §11: ${iterations} iterations`, async () => {
    // The first block alone: Django's notation holds no more.
    const digest = base64Of(Buffer.from(hex, 'hex').subarray(0, 32))

    assert.equal(
      await verify(password, `pbkdf2_sha256$${iterations}$${salt}$${digest}`),
      true,
    )
  })
}

test('a new hash is argon2id of 19 MiB and two passes, with 16 bytes of salt, and it can be parsed', async () => {
  const hash = await current.make(Buffer.from('correct horse'), systemRandom)
  const again = await current.make(Buffer.from('correct horse'), systemRandom)

  assert.match(
    hash,
    /^argon2\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  )
  assert.equal(await verify('correct horse', hash), true)
  assert.equal((await read(hash))?.outdated, false)
  assert.notEqual(hash, again)
})

test('a NUL in a password is hashed like other bytes', async () => {
  const hash = await current.make(Buffer.from('one\0two'), systemRandom)

  for (const [password, right] of [
    ['one\0two', true],
    ['one', false],
    ['one\0', false],
    ['one\0two\0', false],
    ['one\0owt', false],
  ] as const) {
    assert.equal(await verify(password, hash), right)
  }
})

for (const size of [64, 72, 73, 128, 1024, 4096]) {
  test(`the last byte of ${size} is hashed`, async () => {
    const cheap = encodings({ memory: 64, passes: 1, lanes: 1 }).current
    const hash = await cheap.make(Buffer.alloc(size, 'x'), systemRandom)
    const other = Buffer.alloc(size, 'x')
    other[size - 1] = 0

    const encoded = await read(hash)
    assert.equal(await encoded?.verify(Buffer.alloc(size, 'x')), true)
    assert.equal(await encoded?.verify(other), false)
  })
}

const salt = 'c29tZXNhbHRzb21lc2FsdA'
const digest = 'duOLHIj+5DGjP0qQQlL25A'
for (const [outdated, hash] of [
  [false, `argon2$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}`],
  [false, `argon2$argon2id$v=19$m=102400,t=2,p=8$${salt}$${digest}`],
  [true, `argon2$argon2id$v=19$m=19455,t=2,p=1$${salt}$${digest}`],
  [true, `argon2$argon2id$v=19$m=102400,t=1,p=1$${salt}$${digest}`],
  [true, `argon2$argon2i$v=19$m=102400,t=2,p=8$${salt}$${digest}`],
  [true, `argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$${digest}`],
  [true, django.find(({ encoding }) => encoding === 'pbkdf2_sha256')!.hash],
  [true, django.find(({ encoding }) => encoding === 'pbkdf2_sha1')!.hash],
  [true, django.find(({ encoding }) => encoding === 'scrypt')!.hash],
  [true, django.find(({ encoding }) => encoding === 'bcrypt')!.hash],
  [true, django.find(({ encoding }) => encoding === 'bcrypt_sha256')!.hash],
] as const) {
  test(`${outdated ? 'outdated' : 'up to date'}: ${hash.slice(0, 48)}`, async () => {
    assert.equal((await read(hash))?.outdated, outdated)
  })
}

const d20 = base64Of(Buffer.alloc(20))
const d32 = base64Of(Buffer.alloc(32))
const d64 = base64Of(Buffer.alloc(64))
const blowfish = 'LKHA3bg5ykWL94LyOp7XS.M03cK2RLtduz5j.eohfB6ty2mCozpo6'
for (const [what, hash] of [
  ['nothing', ''],
  ['one sign', '$'],
  ['a password as it is', 'hunter2'],
  ['an unsalted MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['a salted MD5', 'md5$seasalt$5f4dcc3b5aa765d61d8327deb882cf99'],
  ['a name that every object has', 'constructor$1$salt$AAAA'],
  ['PBKDF2 of no iterations', `pbkdf2_sha256$0$salt$${d32}`],
  ['PBKDF2 of too many', `pbkdf2_sha256$5000001$salt$${d32}`],
  ['PBKDF2 of more than a number holds', `pbkdf2_sha256$${'9'.repeat(400)}$salt$${d32}`],
  ['PBKDF2 with a sign', `pbkdf2_sha256$-1$salt$${d32}`],
  ['PBKDF2 in exponents', `pbkdf2_sha256$1e3$salt$${d32}`],
  ['PBKDF2 of another length', `pbkdf2_sha256$1000$salt$${d20}`],
  ['PBKDF2 with an empty digest', 'pbkdf2_sha256$1000$salt$'],
  ['PBKDF2 without salt', `pbkdf2_sha256$1000$$${d32}`],
  ['PBKDF2 with a part more', `pbkdf2_sha256$1000$salt$${d32}$`],
  ['PBKDF2 with a line behind', `pbkdf2_sha256$1000$salt$${d32}\n`],
  [
    'PBKDF2 in another spelling of base64',
    `pbkdf2_sha256$1000$salt$${d32.replace('A=', 'B=')}`,
  ],
  ['PBKDF2 SHA-1 of another length', `pbkdf2_sha1$1000$salt$${d32}`],
  [
    'Argon2 of too much memory',
    `argon2$argon2id$v=19$m=262145,t=1,p=1$${salt}$${digest}`,
  ],
  ['Argon2 of too little', `argon2$argon2id$v=19$m=7,t=1,p=1$${salt}$${digest}`],
  [
    'Argon2 of too many passes',
    `argon2$argon2id$v=19$m=262144,t=5,p=1$${salt}$${digest}`,
  ],
  [
    'Argon2 of too many lanes',
    `argon2$argon2id$v=19$m=262144,t=1,p=17$${salt}$${digest}`,
  ],
  ['Argon2 of no lanes', `argon2$argon2id$v=19$m=262144,t=1,p=0$${salt}$${digest}`],
  ['Argon2 of no passes', `argon2$argon2id$v=19$m=262144,t=0,p=1$${salt}$${digest}`],
  [
    'Argon2 of an older version',
    `argon2$argon2id$v=16$m=19456,t=2,p=1$${salt}$${digest}`,
  ],
  ['Argon2 without version', `argon2$argon2id$m=19456,t=2,p=1$${salt}$${digest}`],
  [
    'Argon2 with a short digest',
    `argon2$argon2id$v=19$m=19456,t=2,p=1$${salt}$duOLHIj+5DGj`,
  ],
  ['Argon2 padded', `argon2$argon2id$v=19$m=19456,t=2,p=1$${salt}==$${digest}`],
  ['Argon2 of another variety', `argon2$argon2x$v=19$m=19456,t=2,p=1$${salt}$${digest}`],
  ['scrypt of too much memory', `scrypt$262144$salt$9$1$${d64}`],
  ['scrypt of too much work', `scrypt$131072$salt$8$3$${d64}`],
  ['scrypt of no power of two', `scrypt$1000$salt$8$1$${d64}`],
  ['scrypt of one', `scrypt$1$salt$8$1$${d64}`],
  ['scrypt of no blocks', `scrypt$1024$salt$0$1$${d64}`],
  ['scrypt of another length', `scrypt$1024$salt$8$1$${d32}`],
  ['bcrypt of too much work', `bcrypt$$2b$16$${blowfish}`],
  ['bcrypt of too little', `bcrypt$$2b$03$${blowfish}`],
  ['bcrypt of a faulty variety', `bcrypt$$2x$12$${blowfish}`],
  ['bcrypt cut off', `bcrypt$$2b$12$${blowfish.slice(0, -1)}`],
] as const) {
  test(`not a hash: ${what}`, async () => assert.equal(await read(hash), undefined))
}

/** The processor time that work takes, over all threads. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

test('the most expensive hashes within bounds take seconds, not minutes', async () => {
  const heaviest = [
    `pbkdf2_sha256$5000000$salt$${d32}`,
    `argon2$argon2id$v=19$m=262144,t=4,p=1$${salt}$${digest}`,
    `scrypt$262144$salt$8$1$${d64}`,
    `bcrypt$$2b$15$${blowfish}`,
  ]
  const ours = await processorTime(async () => {
    const { current } = encodings()
    const make = () => current.make(Buffer.from('correct horse'), systemRandom)
    await Promise.all(Array.from({ length: 20 }, make))
  })
  const theirs = await processorTime(async () => {
    const checks = heaviest.map((hash) => verify('correct horse', hash))
    assert.deepEqual(await Promise.all(checks), [false, false, false, false])
  })
  // One of ours takes some twenty milliseconds.
  assert.ok(theirs / (ours / 20) < 1500, `as long as ${theirs / (ours / 20)} of ours`)
})

for (const hash of [
  `pbkdf2_sha256$3000$salt$${d32}`,
  `argon2$argon2id$v=19$m=64,t=1,p=1$${salt}$${digest}`,
  `scrypt$16$salt$8$1$${d64}`,
  `bcrypt$$2b$05$${blowfish}`,
]) {
  test(`spend() computes work of the same kind: ${hash.slice(0, 36)}`, async () => {
    const encoded = await read(hash)

    await assert.doesNotReject(async () =>
      encoded?.spend(encoded.work.units, Buffer.from('correct horse')),
    )
  })
}
