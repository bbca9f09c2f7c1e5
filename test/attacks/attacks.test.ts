import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { CORPUS, type Corpus, readCorpus, readOAuthCases } from './corpus.ts'
import { withOwnCases } from './own-cases.ts'
import {
  attacksOf,
  pendingKinds,
  replayInProcess,
  replayOverHttp,
  unplayable,
} from './replay.ts'
import { watchSideEffects } from './side-effects.ts'
import { judgeTokens } from './token.ts'
import { isPending, type Judged } from './verdict.ts'

const published = readCorpus(CORPUS)
const corpus = withOwnCases(published)

/** Number of cases of each kind, so that a lost case fails the test. */
const COUNTS = {
  token: 657,
  revocation: 4,
  config: 60,
  key: 47,
  email: 28,
  same_name: 7,
  reset_mail: 5,
  otp: 32,
  header: 64,
  request: 102,
  redirect_uri: 52,
  register_redirect_uri: 18,
  pkce: 16,
  next: 23,
  httpsig: 34,
  hawk: 36,
} as const

/** Number of cases about OAuth. */
const OAUTH_COUNTS = {
  dpop: 179,
  pushed_request: 53,
  registration: 210,
  logout_address: 44,
  client_keys: 258,
  token_exchange: 140,
} as const

/** The number of own cases that are sent to a server. */
const OWN_OVER_HTTP = 8

const complaints = (judged: readonly Judged[]): string[] =>
  judged.flatMap((each) =>
    isPending(each)
      ? []
      : each.faults.map((fault) => `${each.id} (${each.reason}) ${fault}`),
  )

test('attacks: all 1,185 cases are there', () => {
  assert.equal(published.cases.length, 1185)
  for (const [kind, count] of Object.entries(COUNTS))
    assert.equal(attacksOf(published, kind as 'token').length, count, kind)
  assert.deepEqual(pendingKinds(published), [])
  for (const [kind, count] of Object.entries(OAUTH_COUNTS))
    assert.equal(attacksOf(corpus, kind as 'dpop').length, count, kind)
  assert.deepEqual(unplayable(corpus), [])
})

test('attacks: a case with a member that no code reads fails, and is not replayed', async () => {
  const [token, request] = [
    attacksOf(corpus, 'token')[0]!,
    attacksOf(corpus, 'request')[0]!,
  ]
  const cases = [
    { ...token, id: 'a', skew: 5 },
    { ...request, id: 'b', http: { ...request.http, headers: {} } },
    { ...request, id: 'c', mustNot: ['network'] },
  ]
  const odd = { ...corpus, cases } as Corpus
  assert.deepEqual(
    unplayable(odd).map(({ id, faults }) => `${id}: ${faults}`),
    [
      'a: cannot be played: the member skew',
      'b: cannot be played: the member headers',
      'c: cannot be played: the member mustNot',
    ],
  )
  assert.deepEqual(attacksOf(odd, 'token'), [])
  assert.deepEqual(await replayOverHttp(odd), [])
})

test('attacks: tokens, keys, settings, revocations and names have the expected outcome', async () => {
  const judged = await replayInProcess(corpus)
  assert.deepEqual(complaints(judged), [])
  // One more verdict is about side effects.
  const own = corpus.cases.length - published.cases.length - OWN_OVER_HTTP
  assert.equal(
    judged.length,
    COUNTS.token +
      COUNTS.revocation +
      COUNTS.config +
      COUNTS.key +
      28 +
      7 +
      5 +
      32 +
      COUNTS.redirect_uri +
      COUNTS.register_redirect_uri +
      COUNTS.pkce +
      COUNTS.next +
      COUNTS.httpsig +
      COUNTS.hawk +
      own +
      1,
  )
})

test('attacks: each case fails if the opposite is expected', async () => {
  const opposite = (expect: string) => (expect === 'accept' ? 'reject' : 'accept')
  // Those about OAuth take long, and are judged alike.
  const skipped = readOAuthCases().filter((_, index) => index % 8 !== 0)
  const ids = skipped.map(({ id }) => id)
  const replayed = corpus.cases.filter(({ id }) => !ids.includes(id))
  const cases = replayed.map((attack) => ({
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
