import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt } from './trial.ts'
import { TRIALS } from './trials.ts'

for (const read of TRIALS) {
  const trial = await read()
  for (const kind of trial.databases) {
    test(`${trial.name} on ${kind}: ${trial.promise}`, async (t) => {
      if (!trial.hasShort) return t.skip(`takes long: npm run reliability -- ${trial.name}`)
      const outcome = await attempt(trial, kind, 'short')
      if (outcome.kind === 'skipped') return t.skip(outcome.reason)
      if (outcome.kind === 'failed') assert.fail(outcome.reason)
      for (const { promised, seen } of outcome.findings) t.diagnostic(`${promised}: ${seen}`)
      const broken = outcome.findings.filter(({ holds }) => !holds)
      assert.deepEqual(broken, [])
    })
  }
}
