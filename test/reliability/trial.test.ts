import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, exactly, type Finding, trial } from './trial.ts'

const trialOf = (findings: readonly Finding[]) =>
  trial({
    name: 'T0',
    promise: 'a promise',
    databases: ['none'],
    sabotages: [],
    long: {},
    run: async () => findings,
  })

test('a trial without findings has failed', async () => {
  const outcome = await attempt(trialOf([]), 'none', 'long')
  assert.equal(outcome.kind, 'failed')
})

test('a trial with a finding was tried', async () => {
  const findings = [exactly(1, 'call', 1)]
  const outcome = await attempt(trialOf(findings), 'none', 'long')
  assert.deepEqual(outcome, { kind: 'tried', findings })
})
