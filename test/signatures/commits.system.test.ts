/** What a check for a replay costs: a commit, which concurrent requests share. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { hawk, httpSignature } from '../../src/authentication.ts'
import { hawk as signHawk, httpSignature as signMessage } from '../../src/sign/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { ask } from '../services/postgres.ts'
import { freshPostgres } from '../stores/databases.ts'
import { freshSqlite } from '../stores/sqlite.ts'

const ORIGIN = 'https://api.example.com'
const MANY = 50

/** @returns sends requests that a key of a user has signed, all at once */
async function signedRequests(
  t: TestContext,
  scheme: 'httpSignature' | 'hawk',
  database: string,
) {
  const auth = buildWatchword({
    database,
    secret: 'a secret of the tests of signed requests, which is long enough',
    url: ORIGIN,
    authentication: [hawk(), httpSignature()],
  })
  cleanUp(t, () => auth.close())
  await auth.migrate()
  const ada = await auth.users.create({ username: 'ada' })
  const algorithm = scheme === 'hawk' ? 'hawk-sha256' : 'hmac-sha256'
  const created = await auth.signingKeys.create({ userId: ada.id }, { algorithm })
  const options = { keyId: created.key.id, key: created.secret ?? '' }
  const signer = scheme === 'hawk' ? signHawk(options) : signMessage(options)
  const guarded = guardOf(auth)(() => new Response())
  const requests = Array.from({ length: MANY }, async () => {
    const { headers } = await signer.sign({ url: `${ORIGIN}/notes` })
    return () => guarded(new Request(`${ORIGIN}/notes`, { headers }))
  })
  const ready = await Promise.all(requests)
  return async (many: number) => {
    const answers = ready.splice(0, many).map((send) => send())
    for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
  }
}

/** How many commits of this process have written something so far. */
function countCommits(t: TestContext): () => number {
  const { exec } = DatabaseSync.prototype
  let commits = 0
  t.mock.method(
    DatabaseSync.prototype,
    'exec',
    function (this: DatabaseSync, sql: string) {
      if (sql === 'commit') commits += 1
      return exec.call(this, sql)
    },
  )
  return () => commits
}

/** Each transaction that writes has a number; so has the one that asks. */
const countTransactions = (url: string) => async (): Promise<number> => {
  const { id } = await ask<{ id: string }>(url, 'select pg_current_xact_id()::text as id')
  return Number(id)
}

for (const scheme of ['httpSignature', 'hawk'] as const) {
  test(`${scheme}, SQLite: requests at once share commits`, async (t) => {
    const commits = countCommits(t)
    const place = await freshSqlite(t)
    assert.ok(typeof place !== 'string')
    const send = await signedRequests(t, scheme, `sqlite:${place.url}`)
    // The first one also notes that the key was used.
    await send(1)
    const before = commits()
    await send(MANY - 1)
    const many = commits() - before
    t.diagnostic(`${many} commits of ${MANY - 1} requests`)
    assert.ok(many >= 1 && many <= 10, `${many}`)
  })

  test(`${scheme}, PostgreSQL: requests at once share commits`, async (t) => {
    const place = await freshPostgres(t)
    if (typeof place === 'string') return t.skip(place)
    const send = await signedRequests(t, scheme, place.url)
    const transactions = countTransactions(place.url)
    await send(1)
    const before = await transactions()
    await send(MANY - 1)
    // Without the one that asks.
    const many = (await transactions()) - before - 1
    t.diagnostic(`${many} transactions of ${MANY - 1} requests`)
    assert.ok(many >= 1 && many <= 10, `${many}`)
  })
}
