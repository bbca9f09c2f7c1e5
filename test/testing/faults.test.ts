import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StoreVerb, testInstance } from '../../src/testing/index.ts'

/** As a database that does not answer. */
const UNAVAILABLE = { code: 'store_unavailable', status: 503, retryAfter: 1 }

async function signedIn() {
  const app = testInstance()
  const ada = await app.auth.users.create({ username: 'ada' })
  const headers = await app.as(ada)
  return { app, ada, request: new Request('http://localhost/', { headers }) }
}

test('a failing function of the store rejects, and changes nothing', async () => {
  const { app, ada } = await signedIn()
  await using _ = app
  app.faults.fail('users.delete')

  await assert.rejects(app.auth.users.delete(ada.id), UNAVAILABLE)

  assert.equal(await app.auth.users.count(), 1)
})

test('a guard answers 503 while a function of the store fails, and 200 after clear()', async () => {
  const { app, request } = await signedIn()
  await using _ = app

  app.faults.fail('users.find')
  await assert.rejects(app.auth.require(request), UNAVAILABLE)

  app.faults.clear()
  await app.auth.require(request)
})

test('failAll() makes every function fail, those of features too, and health() see it', async () => {
  const { app, ada, request } = await signedIn()
  await using _ = app
  app.faults.failAll()

  await assert.rejects(app.auth.require(request), UNAVAILABLE)
  await assert.rejects(app.auth.users.list(), UNAVAILABLE)
  await assert.rejects(app.auth.apiTokens.list(ada.id), UNAVAILABLE)
  assert.equal((await app.auth.health()).store.status, 'down')
})

test('an instance whose first use fails is opened at the next', async () => {
  await using app = testInstance()
  app.faults.fail('migrate')
  await assert.rejects(app.auth.users.count(), UNAVAILABLE)

  app.faults.clear()
  assert.equal(await app.auth.users.count(), 0)
})

test('fail() rejects a function that the store does not have', async () => {
  await using app = testInstance()
  const misspelt = 'session.rotate' as StoreVerb
  assert.throws(() => app.faults.fail('users.find', misspelt), {
    code: 'invalid_config',
    message: /no function "session\.rotate".*sessions\.rotate/s,
  })
  assert.equal(await app.auth.users.count(), 0)
  assert.equal(await app.auth.users.find('ada'), undefined)
})
