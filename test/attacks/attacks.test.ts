import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { CORPUS, type Corpus, readCorpus } from './corpus.ts'
import { attacksOf, pendingKinds, replayInProcess } from './replay.ts'
import { watchSideEffects } from './side-effects.ts'
import { judgeTokens } from './token.ts'
import { isPending, type Judged } from './verdict.ts'

const corpus = readCorpus(CORPUS)

/** Number of cases of each kind, so that a lost case fails the test. */
const COUNTS = {
  token: 657,
  revocation: 4,
  config: 60,
  key: 47,
  email: 28,
  same_name: 7,
  header: 64,
  request: 102,
} as const

const complaints = (judged: readonly Judged[]): string[] =>
  judged.flatMap((each) =>
    isPending(each)
      ? []
      : each.faults.map((fault) => `${each.id} (${each.reason}) ${fault}`),
  )

test('attacks: all 1,185 cases are there', () => {
  assert.equal(corpus.cases.length, 1185)
  for (const [kind, count] of Object.entries(COUNTS))
    assert.equal(attacksOf(corpus, kind as 'token').length, count, kind)
  assert.equal(pendingKinds(corpus).length, 216)
})

test('attacks: tokens, keys, settings, revocations and names have the expected outcome', async () => {
  const judged = await replayInProcess(corpus)
  assert.deepEqual(complaints(judged), [])
  // One more verdict is about side effects.
  assert.equal(
    judged.length,
    COUNTS.token + COUNTS.revocation + COUNTS.config + COUNTS.key + 28 + 7 + 1,
  )
})

test('attacks: each case fails if the opposite is expected', async () => {
  const opposite = (expect: string) => (expect === 'accept' ? 'reject' : 'accept')
  const cases = corpus.cases.map((attack) => ({
    ...attack,
    expect: opposite(attack.expect),
  })) as Corpus['cases']
  const judged = await replayInProcess({ ...corpus, cases })
  const unmoved = judged
    .filter((each) => !isPending(each) && each.faults.length === 0)
    .map(({ id }) => id)
  // An unknown option is always rejected; accepting it is pending.
  assert.deepEqual(unmoved, ['afterwards'])
})

test('attacks: an error with another code is a failure', () => {
  const cases = attacksOf(corpus, 'token').filter(({ error }) => error !== undefined)
  const faulty = judgeTokens(
    cases.map((attack) => ({ ...attack, error: ['no such class'] })),
    corpus,
  )
  assert.ok(faulty.every(({ faults }) => faults.length > 0))
})

test('attacks: a use of the network or of a file is detected', () => {
  using sideEffects = watchSideEffects()
  readFileSync(CORPUS)
  connect({ port: 9, host: '127.0.0.1' })
    .on('error', () => {})
    .destroy()
  const taken = sideEffects.seen()
  assert.deepEqual(taken, ['file: readFileSync', 'file: openSync', 'network: connect'])
})
