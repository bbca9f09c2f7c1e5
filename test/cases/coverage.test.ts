import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** How many numbered cases each section of specification 8 has, of those that speak of tokens, users and the endpoints. */
const SECTIONS = { O: 59, R: 44, X: 11, V: 18, B: 17, S: 19, U: 17, J: 42, L: 10, K: 21, N: 26 }

/** Cases of these sections that cannot be asked before something else is there. */
const AWAITED: { readonly [id: string]: string } = {
  L05: 'permissions',
  L06: 'permissions',
}

/** Whole sections that speak of something else. */
const LATER = {
  A: 'Basic authentication',
  T: 'static tokens',
  C: 'session authentication and remote users',
  Z: 'static tokens',
  P: 'permissions',
  H: 'throttles',
}

const idsIn = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, id = '']) => id)

function testedIds(): Set<string> {
  const here = new URL('.', import.meta.url)
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'))
  const written = tests.flatMap((name) => idsIn(readFileSync(new URL(name, here), 'utf8'), /\btest\(['`]([A-Z]\d\d) /g))
  const rows = readFileSync(new URL('../data/cases/section-8.json', import.meta.url), 'utf8')
  return new Set([...written, ...idsIn(rows, /^\{"id": "([A-Z]\d\d)"/gm)])
}

test('every numbered case is a test under its own id, or awaits something that is named here', (t) => {
  const tested = testedIds()
  const all = Object.entries(SECTIONS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => `${letter}${String(i + 1).padStart(2, '0')}`),
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
  const left = [...Object.entries(AWAITED), ...Object.entries(LATER).map(([letter, what]) => [`${letter}*`, what])]
  t.diagnostic(`left out until it is there: ${left.map(([id, what]) => `${id} (${what})`).join(', ')}`)
})
