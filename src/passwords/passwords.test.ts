import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import type { Encoding, ParsedHash } from './encoding.ts'
import { type Encodings, encodings } from './encodings.ts'
import { isUsable, passwords, unusableHash } from './passwords.ts'
import { hashQueue } from './queue.ts'

const CHEAP = { memory: 64, passes: 1, lanes: 1 }

/** `passwords` with all encodings at a low cost, and the warnings that it logs. */
function setUp(table: Encodings = encodings(CHEAP)) {
  const warnings: string[] = []
  const deps = passwords({
    queue: hashQueue({ concurrency: 2 }),
    random: systemRandom,
    warn: (sentence) => void warnings.push(sentence),
    encodings: table,
  })
  return { ...deps, warnings }
}

/** The encodings, each of which records the work that it computes. */
function countedEncodings() {
  const done = new Map<string, number>()
  const count = (kind: string, units: number): void =>
    void done.set(kind, (done.get(kind) ?? 0) + units)
  const counted = (parsed: ParsedHash): ParsedHash => ({
    ...parsed,
    verify(password) {
      count(parsed.work.kind, parsed.work.units)
      return parsed.verify(password)
    },
    spend(units, password) {
      count(parsed.work.kind, units)
      return parsed.spend(units, password)
    },
  })
  const parsing = (encoding: Encoding): Encoding => ({
    async parse(rest) {
      const parsed = await encoding.parse(rest)
      return parsed && counted(parsed)
    },
  })
  const { current, byName } = encodings(CHEAP)
  const table: Encodings = {
    current: { ...current, unmatchable: counted(current.unmatchable) },
    byName: new Map([...byName].map(([name, encoding]) => [name, parsing(encoding)])),
  }
  return {
    table,
    taken(): object {
      const all = Object.fromEntries([...done].toSorted())
      done.clear()
      return all
    },
  }
}

const { hashes } = JSON.parse(
  readFileSync(
    new URL('../../test/data/passwords/django-hashes.json', import.meta.url),
    'utf8',
  ),
) as { hashes: { encoding: string; what: string; password: string; hash: string }[] }
const djangoHash = (encoding: string): string =>
  hashes.find((hash) => hash.encoding === encoding && hash.what === 'plain')!.hash

test('a hash matches its password and no other', async () => {
  const { hash, verify } = setUp()
  const hashed = await hash('correct horse')

  assert.deepEqual(await verify(['correct horse'], hashed), {
    kind: 'right',
    password: 'correct horse',
    outdated: false,
  })
  assert.deepEqual(await verify(['correct horsf'], hashed), { kind: 'wrong' })
})

test('verify returns the candidate that matched', async () => {
  const { hash, verify } = setUp()
  const hashed = await hash('padded')

  assert.deepEqual(await verify([' padded ', 'padded'], hashed), {
    kind: 'right',
    password: 'padded',
    outdated: false,
  })
})

test('a new hash is computed from the NFC form of the password', async () => {
  const { hash, verify } = setUp()
  const hashed = await hash('pa\u0308sswort')

  assert.equal((await verify(['p\u00e4sswort'], hashed)).kind, 'right')
  assert.equal((await verify(['pa\u0308sswort'], hashed)).kind, 'wrong')
})

test('a hash of another algorithm matches and is outdated', async () => {
  const { verify } = setUp()

  for (const encoding of [
    'pbkdf2_sha256',
    'pbkdf2_sha1',
    'scrypt',
    'bcrypt',
    'bcrypt_sha256',
  ]) {
    assert.deepEqual(await verify(['lètmein'], djangoHash(encoding)), {
      kind: 'right',
      password: 'lètmein',
      outdated: true,
    })
  }
})

test('no password matches an unusable hash', async () => {
  const { verify, warnings } = setUp()
  const none = unusableHash(systemRandom)

  assert.match(none, /^![0-9a-f]{40}$/)
  assert.equal(isUsable(none), false)
  for (const attempt of ['', none, '!', none.slice(1)])
    assert.equal((await verify([attempt], none)).kind, 'wrong')
  assert.equal((await verify(['lètmein'], undefined)).kind, 'wrong')
  assert.deepEqual(warnings, [])
})

test('an unreadable hash never matches, and is logged once without its content', async () => {
  const { verify, warnings } = setUp()

  for (const hash of [
    'hunter2',
    'md5$seasalt$5f4dcc3b5aa765d61d8327deb882cf99',
    '',
    'pbkdf2_sha256$99999999$s$AAAA',
  ]) {
    assert.deepEqual(await verify([hash], hash), { kind: 'wrong' })
  }
  assert.equal(warnings.length, 1)
  assert.doesNotMatch(warnings[0]!, /hunter2|5f4dcc|seasalt/)
})

test('a password of 4,096 bytes is accepted, a longer one is rejected before any hashing', async () => {
  const { table, taken } = countedEncodings()
  const { hash, verify } = setUp(table)
  const refused = {
    code: 'invalid',
    body: { password: ['Ensure this field has no more than 4096 characters.'] },
  }

  assert.equal(
    (await verify(['x'.repeat(4096)], await hash('x'.repeat(4096)))).kind,
    'right',
  )
  taken()
  await assert.rejects(hash('x'.repeat(4097)), refused)
  await assert.rejects(verify(['x'.repeat(4097)], undefined), refused)
  await assert.rejects(hash('ä'.repeat(2049)), refused)
  await assert.rejects(verify(['x'.repeat(100_000_000)], undefined), refused)
  assert.deepEqual(taken(), {})
})

test('a lone surrogate is rejected, because all of them encode to the same bytes', async () => {
  const { hash } = setUp()

  await assert.rejects(hash('\ud800 correct horse'), { code: 'invalid' })
})

test('with current hashes alone, a mismatch costs one hash, with an account and without', async () => {
  const { table, taken } = countedEncodings()
  const { hash, verify } = setUp(table)
  const known = await hash('correct horse')
  taken()

  for (const hash of [known, undefined, unusableHash(systemRandom), 'hunter2']) {
    await verify(['wrong'], hash)
    assert.deepEqual(taken(), { 'argon2id m=64,t=1,p=1': 1 })
  }
})

test('with old hashes among them, a mismatch costs the same for every account and for none', async () => {
  const { table, taken } = countedEncodings()
  const { hash, verify } = setUp(table)
  const light = 'pbkdf2_sha256$300$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  const heavy = light.replace('300', '2000')
  const bcrypt = djangoHash('bcrypt')
  const accounts = [
    await hash('correct horse'),
    light,
    heavy,
    bcrypt,
    unusableHash(systemRandom),
    'hunter2',
    undefined,
  ]
  for (const account of accounts) await verify(['wrong'], account)
  taken()

  for (const account of accounts) {
    await verify(['wrong'], account)
    assert.deepEqual(taken(), {
      'argon2id m=64,t=1,p=1': 1,
      bcrypt: 16,
      'pbkdf2 sha256': 2000,
    })
  }
})

test('each candidate costs the same work again', async () => {
  const { table, taken } = countedEncodings()
  const { hash, verify } = setUp(table)
  const known = await hash('correct horse')
  taken()

  for (const hash of [known, undefined]) {
    await verify([' wrong ', 'wrong'], hash)
    assert.deepEqual(taken(), { 'argon2id m=64,t=1,p=1': 2 })
  }
})

test('many kinds of hashes do not make mismatches ever more expensive', async () => {
  const { table, taken } = countedEncodings()
  const { verify } = setUp(table)
  const digest = djangoHash('argon2').split('$').at(-1)
  for (let memory = 100; memory < 120; memory++) {
    await verify(
      ['wrong'],
      `argon2$argon2id$v=19$m=${memory},t=1,p=1$c29tZXNhbHRzb21lc2FsdA$${digest}`,
    )
  }
  taken()

  await verify(['wrong'], undefined)

  assert.equal(Object.keys(taken()).length, 4)
})

test('a mismatch takes as long as a match, with an account and without', async () => {
  const deps = setUp(encodings({ memory: 2048, passes: 1, lanes: 1 }))
  const known = await deps.hash('correct horse')
  const kinds: Readonly<Record<string, string | undefined>> = {
    known,
    none: undefined,
    unusable: unusableHash(systemRandom),
    unreadable: 'hunter2',
  }
  const times = Object.keys(kinds).map((kind) => [kind, [] as number[]] as const)

  for (let round = 0; round < 40; round++) {
    for (const [kind, each] of times) {
      const before = process.cpuUsage()
      await deps.verify(['wrong'], kinds[kind])
      const { user, system } = process.cpuUsage(before)
      each.push(user + system)
    }
  }

  // CPU time, which other programs cannot lengthen, and its median, which a collection of garbage cannot: of a larger process one
  // takes longer than the work of all rounds. Without equal work, an unknown account would take a hundredth.
  const medians = times.map(([kind, each]) => [kind, median(each)] as const)
  const all = medians.map(([, time]) => time)
  assert.ok(Math.min(...all) > Math.max(...all) / 2, JSON.stringify(medians))
})

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!
