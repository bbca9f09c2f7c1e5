import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** The cases of OAuth and of tokens of providers, each of which `--test-name-pattern` finds. */
const CASES = { OT: 28, SO: 17 } as const

/** How a name of a test ends, or a part of it: "(OT-01)", "(OT-05, OT-07)". */
const NAMED = /\btest\(\s*(?:'[^'\n]*'|"[^"\n]*"|`[^`]*`)/g

const idsIn = (text: string): readonly string[] =>
  [...text.matchAll(NAMED)].flatMap(([name]) =>
    [...name.matchAll(/\(((?:OT|SO)-[^)]*)\)/g)].flatMap(([, ids = '']) =>
      ids.split(', '),
    ),
  )

test('each case of OAuth has a test that is named after it, and no other is named', () => {
  const files = globSync('{src,test}/**/*.test.ts', { exclude: ['**/node_modules/**'] })
  const named = files.flatMap((file) => idsIn(readFileSync(file, 'utf8')))
  const all = Object.entries(CASES).flatMap(([prefix, count]) =>
    Array.from(
      { length: count },
      (_, i) => `${prefix}-${String(i + 1).padStart(2, '0')}`,
    ),
  )
  assert.deepEqual([...new Set(named)].toSorted(), all)
})
