import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** How many numbered cases each letter has. */
const SECTIONS = {
  O: 59,
  R: 44,
  X: 11,
  V: 18,
  B: 17,
  S: 19,
  U: 17,
  J: 42,
  L: 10,
  K: 21,
  A: 17,
  T: 10,
  C: 27,
  Z: 20,
  P: 27,
  H: 19,
  N: 26,
}

/** Cases that wait for a missing feature, with its name. */
const AWAITED: { readonly [id: string]: string } = {}

/** Other files that test cases under their ids. */
const BESIDE = [
  'src/permissions/permissions.test.ts',
  'src/throttling/rate.test.ts',
  'src/throttling/throttle.test.ts',
  'src/features/api-tokens/api-token.test.ts',
  'test/cli/cli.test.ts',
].map((name) => new URL(`../../${name}`, import.meta.url))

/** The name of a test begins with them: `'P14 …'`, `'Z17, Z19: …'`, `'P25 to P27 …'`. */
const IDS = /^\s*(?:test\(|\[)['`]([A-Z]\d\d(?:(?:, | to )[A-Z]\d\d)*)[ :]/gm

function idsIn(text: string): string[] {
  return [...text.matchAll(IDS)].flatMap(([, ids = '']) =>
    ids.split(', ').flatMap(inRange),
  )
}

function inRange(ids: string): string[] {
  const [first = '', last = first] = ids.split(' to ')
  const [start, end] = [first, last].map((id) => Number(id.slice(1))) as [number, number]
  return Array.from({ length: end - start + 1 }, (_, i) => idOf(first[0]!, start + i))
}

const idOf = (letter: string, number: number): string =>
  `${letter}${String(number).padStart(2, '0')}`

function testedIds(): Set<string> {
  const here = new URL('.', import.meta.url)
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'))
  const written = [...tests.map((name) => new URL(name, here)), ...BESIDE].map((file) =>
    readFileSync(file, 'utf8'),
  )
  const rows = readFileSync(
    new URL('../data/cases/section-8.json', import.meta.url),
    'utf8',
  )
  return new Set([
    ...written.flatMap(idsIn),
    ...[...rows.matchAll(/^\{"id": "([A-Z]\d\d)"/gm)].map(([, id = '']) => id),
  ])
}

test('every numbered case is a test under its id, or waits for a feature that is named here', (t) => {
  const tested = testedIds()
  const all = Object.entries(SECTIONS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => idOf(letter, i + 1)),
  )

  assert.deepEqual(
    all.filter((id) => !tested.has(id) && !(id in AWAITED)),
    [],
    'neither tested nor awaited',
  )
  assert.deepEqual(
    [...tested].filter((id) => !all.includes(id)),
    [],
    'not in the specification',
  )
  assert.deepEqual(
    Object.keys(AWAITED).filter((id) => tested.has(id)),
    [],
    'tested, and still listed as awaited',
  )
  const left = Object.entries(AWAITED).map(([id, what]) => `${id} (${what})`)
  t.diagnostic(
    `left out until it is there: ${left.length === 0 ? 'nothing' : left.join(', ')}`,
  )
})
