import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { attempt } from './trial.ts'
import { TRIALS } from './trials.ts'

for (const read of TRIALS) {
  const trial = await read()
  for (const kind of trial.databases) {
    test(`${trial.name} on ${kind}: ${trial.promise}`, async (t) => {
      if (!trial.hasShort)
        return t.skip(`takes long: npm run reliability -- ${trial.name}`)
      const outcome = await attempt(trial, kind, 'short', {
        progress: (text) => t.diagnostic(text),
      })
      if (outcome.kind === 'skipped') return t.skip(outcome.reason)
      if (outcome.kind === 'failed') assert.fail(outcome.reason)
      for (const { promised, seen } of outcome.findings)
        t.diagnostic(`${promised}: ${seen}`)
      const broken = outcome.findings.filter(({ holds }) => !holds)
      assert.deepEqual(broken, [])
    })
  }
}

test('docs/reliability.md has a row for every trial', async () => {
  const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8')
  const documented = new Set(
    // A row that says `npm test` is a promise that those tests hold, without a trial.
    [...page.matchAll(/^\| ([A-Z]\d+[\w-]*) \|(?!.*\(`npm test`\) \|$)/gm)].map(
      ([, name]) => name,
    ),
  )
  const trials = await Promise.all(TRIALS.map((read) => read()))
  assert.deepEqual([...documented].sort(), trials.map(({ name }) => name).sort())
})
