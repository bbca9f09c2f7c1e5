import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { emailFault, emailOf } from './email.ts'
import { usernameFault, usernameKey, usernameOf } from './names.ts'

interface IdentityCase {
  readonly id: string
  readonly kind: string
  readonly expect: 'accept' | 'reject'
  readonly reason: string
  readonly address: string
  readonly first: string
  readonly second: string
}
const cases = JSON.parse(
  readFileSync(new URL('../../test/data/users/identity.json', import.meta.url), 'utf8'),
) as readonly IdentityCase[]

for (const { id, expect, reason, address } of cases.filter(
  ({ kind }) => kind === 'email',
)) {
  test(`${id}: an address is ${expect === 'accept' ? 'accepted' : 'rejected'}: ${reason}`, () => {
    assert.equal(
      emailFault(address),
      expect === 'accept' ? undefined : 'Enter a valid email address.',
    )
  })
}

for (const [address, taken] of [
  ["o'brien@example.org", true],
  ['a@b.co', true],
  ['alice@xn--bcher-kva.example', true],
  [`${'a'.repeat(64)}@example.org`, true],
  [`a@${'b'.repeat(63)}.org`, true],
  [`a@${'b'.repeat(64)}.org`, false],
  ['alice@bücher.example', false],
  ['=?utf-8?q?alice?=@example.org', false],
  ['alice.@example.org', false],
  ['alice@example-.org', false],
  ['alice@example.org\n', false],
  ['alice\\@example.org', false],
  ['', false],
  ['@'.repeat(100_000), false],
  [`${'a.'.repeat(100_000)}@example.org`, false],
] as const) {
  test(`an address is ${taken ? 'accepted' : 'rejected'}: ${JSON.stringify(address.slice(0, 70))}`, () => {
    assert.equal(emailFault(address), taken ? undefined : 'Enter a valid email address.')
  })
}

test('only the domain of an address is stored in lower case', () => {
  assert.equal(emailOf('Alice.B@Example.ORG'), 'Alice.B@example.org')
})

for (const { id, reason, first, second } of cases.filter(
  ({ kind }) => kind === 'same_name',
)) {
  test(`${id}: ${reason}`, () => {
    const [name = '', other = ''] = [usernameOf(first), usernameOf(second)]

    assert.equal(usernameFault(name), undefined)
    assert.ok(
      usernameFault(other) !== undefined || usernameKey(other) === usernameKey(name),
    )
  })
}

const SHAPE =
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.'
const LONG = 'Ensure this field has no more than 150 characters.'
for (const [what, text, fault] of [
  ['a name', 'vitor', undefined],
  ['an address', 'vitor.freitas+work@example.org', undefined],
  ['other scripts', 'жук_2000', undefined],
  ['a composed letter', 'ülrich', undefined],
  ['a decomposed letter', 'u\u0308lrich', undefined],
  ['150 characters', 'x'.repeat(150), undefined],
  ['150 characters beyond the basic plane', '𐐨'.repeat(150), undefined],
  ['nothing', '', 'This field may not be blank.'],
  ['151 characters', 'x'.repeat(151), LONG],
  ['what NFKC makes long', '\ufdfa'.repeat(20), LONG],
  ['a space', 'a b', SHAPE],
  ['a space behind', 'alice ', SHAPE],
  ['a space without break', 'a\u00a0b', SHAPE],
  ['a zero-width joiner', 'a\u200db', SHAPE],
  ['a direction override', '\u202ealice', SHAPE],
  ['a soft hyphen', 'a\u00adlice', SHAPE],
  ['a variation selector', 'alice\ufe0f', SHAPE],
  ['a Hangul filler', 'alice\u3164', SHAPE],
  ['a half-width Hangul filler', '\uffa0', SHAPE],
  ['only a combining mark', '\u0301', SHAPE],
  ['a line break', 'alice\n', SHAPE],
  ['a NUL', 'a\0b', SHAPE],
  ['a lone surrogate', '\ud800', SHAPE],
  ['a slash', 'a/b', SHAPE],
  ['a fraction, which is a slash in NFKC', '½', SHAPE],
  ['a dollar', 'a$b', SHAPE],
] as const) {
  test(`a username is ${fault === undefined ? 'accepted' : 'rejected'}: ${what}`, () => {
    assert.equal(usernameFault(usernameOf(text)), fault)
  })
}

test('a username is stored in NFKC', () =>
  assert.equal(usernameOf('u\u0308lrich\uff21'), 'ülrichA'))

for (const [a, b] of [
  ['alice', 'ALICE'],
  ['kate', '\u212aate'],
  ['sam', '\u017fam'],
  ['ας', 'ΑΣ'],
  ['ασ', 'ας'],
  ['straße', 'STRASSE'],
  ['straße', 'straẞe'],
  ['İstanbul', 'i\u0307stanbul'],
  ['ﬁona', 'fiona'],
] as const) {
  test(`${a} and ${b} have the same unique form`, () =>
    assert.equal(usernameKey(a), usernameKey(b)))
}

test('usernameKey is the same for upper case, lower case and decomposed letters, and idempotent', () => {
  const unlike: string[] = []
  for (let code = 0; code < 0x11_0000; code++) {
    const letter = String.fromCodePoint(code)
    if (!letter.isWellFormed() || usernameFault(usernameOf(letter)) !== undefined)
      continue
    const key = usernameKey(letter)
    const forms = [
      letter.toLowerCase(),
      letter.toUpperCase(),
      letter.normalize('NFKC'),
      letter.normalize('NFD'),
      key,
    ]
    if (forms.some((form) => usernameKey(form) !== key)) unlike.push(letter)
  }
  assert.deepEqual(unlike, [])
})
