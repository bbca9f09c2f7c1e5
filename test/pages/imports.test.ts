import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadedBy } from '../static-imports.ts'
import { pageModulesIn } from './declared.ts'

/** What a program imports, and the modules of `watchword start` in its processes. */
const ENTRIES = [
  'src/index.ts',
  'src/cli/main.ts',
  'src/cli/start-command.ts',
  'src/cli/worker-main.ts',
  'src/cli/serve-plan.ts',
  'src/server/serve.ts',
  'src/server/cluster/supervisor.ts',
]

/** What only pages need of packages. */
const PACKAGES = ['hono/html', 'lean-qr']

for (const entry of ENTRIES)
  test(`${entry} imports of a feature that is off no more than its declaration`, () => {
    const loaded = loadedBy([entry])
    assert.deepEqual(pageModulesIn(loaded), [])
    assert.deepEqual(
      PACKAGES.filter((name) => loaded.has(name)),
      [],
    )
  })

test('the check above sees what a page imports', () => {
  const loaded = loadedBy(['src/features/account-pages/sign-in/second-factor.ts'])
  assert.ok(pageModulesIn(loaded).length > 10)
  for (const name of PACKAGES) assert.ok(loaded.has(name), name)
})
