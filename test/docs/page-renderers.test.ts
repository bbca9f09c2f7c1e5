import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const RENDERERS = [
  'src/features/account-pages/renderers.ts',
  'src/features/account-pages/own/renderers.ts',
]

/** The members of the interfaces of functions that make pages. */
const named = RENDERERS.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^ {2}readonly (\w+): Render/gm)].map(
    ([, name = '']) => name,
  ),
)

test('docs/pages.md names each page that pages.render replaces', () => {
  const [, table = ''] =
    /\| names in `pages\.render`.*?\n([\s\S]*?)\n\n/.exec(
      readFileSync('docs/pages.md', 'utf8'),
    ) ?? []
  const cells = table.split('\n').map((row) => row.split('|')[1] ?? '')
  const documented = cells.flatMap((cell) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  )
  assert.ok(named.length > 20)
  assert.deepEqual(documented.toSorted(), named.toSorted())
})
