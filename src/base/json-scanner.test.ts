import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { leastEffort } from '../../test/time.ts'
import { type MemberName, scanJson } from './json-scanner.ts'

function scan(text: string) {
  const names: MemberName[] = []
  const strings: string[] = []
  let depth = 0
  let commas = 0
  scanJson(text, {
    open(level) {
      depth = Math.max(depth, level)
    },
    name: (member) => void names.push(member),
    string: (value) => void strings.push(value),
    comma: () => void commas++,
  })
  return { names, strings, depth, commas }
}

test('names have their depth, their parent, and whether they are repeated', () => {
  const { names } = scan('{"a":{"b":[{"a":1}],"\\u0062" : 2},"a":3}')
  assert.deepEqual(names, [
    { name: 'a', depth: 1, isRepeated: false, parent: undefined },
    { name: 'b', depth: 2, isRepeated: false, parent: 'a' },
    { name: 'a', depth: 4, isRepeated: false, parent: undefined },
    { name: 'b', depth: 2, isRepeated: true, parent: 'a' },
    { name: 'a', depth: 1, isRepeated: true, parent: undefined },
  ])
})

test('punctuation within strings is not punctuation', () => {
  const { names, depth, commas } = scan('{"{[,\\":":"}],{\\\\"}')
  assert.deepEqual([names.map(({ name }) => name), depth, commas], [['{[,":'], 1, 0])
})

test('a string is a name only in front of a colon, with any white space between', () => {
  const { names, strings } = scan('{"a" \t\r\n: "b", "c":["d","e"]}')
  assert.deepEqual(
    names.map(({ name }) => name),
    ['a', 'c'],
  )
  assert.deepEqual(strings, ['a', 'b', 'c', 'd', 'e'])
})

test('__proto__ is a name like any other, and changes no prototype', () => {
  const { names } = scan('{"__proto__":{"isAdmin":true},"__proto__":1}')
  assert.deepEqual(
    names.map(({ name, isRepeated }) => [name, isRepeated]),
    [
      ['__proto__', false],
      ['isAdmin', false],
      ['__proto__', true],
    ],
  )
  assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
})

/** A random value, with the names, strings, depth and commas of its text. */
function randomValue(levels: number): unknown {
  const kind = levels === 0 ? 0 : randomInt(4)
  if (kind === 0) return [randomInt(99), null, randomString()][randomInt(3)]
  const values = Array.from({ length: randomInt(4) }, () => randomValue(levels - 1))
  if (kind === 1) return values
  return Object.fromEntries(values.map((value) => [randomString(), value]))
}

const CHARACTERS = [
  'a',
  'b',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  ' ',
  '\u0007',
  'é',
  '😀',
]

const randomString = (): string =>
  Array.from(
    { length: randomInt(5) },
    () => CHARACTERS[randomInt(CHARACTERS.length)],
  ).join('')

interface Parts {
  readonly names: readonly string[]
  readonly strings: readonly string[]
  readonly depth: number
  readonly commas: number
}

/** What a value's text contains, found by walking the value. */
function partsOf(value: unknown): Parts {
  if (typeof value === 'string')
    return { names: [], strings: [value], depth: 0, commas: 0 }
  if (typeof value !== 'object' || value === null)
    return { names: [], strings: [], depth: 0, commas: 0 }
  const isArray = Array.isArray(value)
  const members = Object.entries(value).map(([name, member]) => ({
    own: isArray ? [] : [name],
    inner: partsOf(member),
  }))
  return {
    names: members.flatMap(({ own, inner }) => [...own, ...inner.names]),
    strings: members.flatMap(({ own, inner }) => [...own, ...inner.strings]),
    depth: 1 + Math.max(0, ...members.map(({ inner }) => inner.depth)),
    commas:
      Math.max(0, members.length - 1) +
      members.reduce((sum, { inner }) => sum + inner.commas, 0),
  }
}

test('a scan of random JSON finds the names, strings, depth and commas of its value', () => {
  for (let i = 0; i < 5_000; i++) {
    const value = randomValue(5)
    const indent = [undefined, 1, '\t'][randomInt(3)]
    const { names, strings, depth, commas } = scan(JSON.stringify(value, null, indent))
    assert.ok(names.every(({ isRepeated }) => !isRepeated))
    const found = { names: names.map(({ name }) => name), strings, depth, commas }
    assert.deepEqual(found, partsOf(value))
  }
})

test('random text that is not JSON ends without an error', () => {
  const pieces = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\u12', '\\ud800', ' ', 'a']
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from(
      { length: randomInt(30) },
      () => pieces[randomInt(pieces.length)],
    ).join('')
    assert.doesNotThrow(() => scan(text), text)
  }
})

/** Finds everything and keeps nothing: what a test collects would cost more than the scan. */
const NOTHING = { open() {}, name() {}, string() {}, comma() {} }

/** Milliseconds of the processor for ten rounds: the ticks of its clock may take four. */
const cost = (texts: readonly string[]): Promise<number> =>
  leastEffort(() => {
    for (let round = 0; round < 10; round++)
      for (const text of texts) scanJson(text, NOTHING)
  })

/** Milliseconds that the clock of processor time may miss. */
const RESOLUTION = 20

const PARTS = 61

for (const [what, start, piece] of [
  ['brackets that close', '', '[{}]'],
  ['closing brackets', '', '}'],
  ['strings far from a colon', '', '""      '],
  ['a string that nothing closes', '"', 'a'],
  ['escapes', '', '"\\\\"'],
  ['members of one object', '{', '"a":1,'],
] as const) {
  test(`one long string costs less than four times as much as its parts: ${what}`, async () => {
    const part = start + piece.repeat(10_000 / piece.length)
    const whole = start + piece.repeat((PARTS * 10_000) / piece.length)
    const ofParts = await cost(Array(PARTS).fill(part))
    const ofWhole = await cost([whole])
    assert.ok(ofWhole < 4 * ofParts + RESOLUTION, `${ofParts} ms, then ${ofWhole} ms`)
  })
}
