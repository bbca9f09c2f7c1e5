import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { dpop, dpopKey, signedFetch } from '../../../src/sign/index.ts'
import { ADA, BOB, openSite, REFRESH, type Site, waitFor } from './site.ts'

const BOUND = `createClient('/', { storage: browserStorage, proof: dpop() })`
const MISSING = 'Chromium is not installed'

const openBound = (t: TestContext): Promise<Site | undefined> =>
  openSite(t, { dpop: { required: true } })
const signIn = (page: Page, user: object = ADA): Promise<unknown> =>
  page.evaluate(
    `client.signIn(${JSON.stringify(user)}).then(() => {}, ({ code }) => code)`,
  )
const hello = (page: Page): Promise<unknown> =>
  page.evaluate(
    `client.fetch('/hello/').then(({ status }) => status, ({ code }) => code)`,
  )
const stateOf = (page: Page): Promise<Record<string, unknown>> =>
  page.evaluate('client.ready.then(() => client.state)')
const tokenOf = (page: Page): Promise<string> => page.evaluate('client.getAccessToken()')

async function reload(page: Page): Promise<void> {
  await page.reload()
  await waitFor(page, 'globalThis.createClient !== undefined')
  await page.evaluate(`globalThis.client = ${BOUND}`)
}

/** Does something with all keys of the database. */
const withKeys = (page: Page, work: string): Promise<unknown> =>
  page.evaluate(`new Promise((resolve, reject) => {
    const asked = indexedDB.open('watchword.dpop', 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore('keys')
    asked.onerror = () => reject(asked.error)
    asked.onsuccess = () => {
      const store = asked.result.transaction('keys', 'readwrite').objectStore('keys')
      const found = store.getAll()
      found.onsuccess = () => {
        const keys = found.result
        const done = (value) => { asked.result.close(); resolve(value) }
        try { ${work} } catch (error) { reject(error) }
      }
    }
  })`)
const countOf = (page: Page): Promise<unknown> => withKeys(page, 'done(keys.length)')

async function untilNone(count: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + 5000
  while ((await count()) !== 0) {
    assert.ok(Date.now() < end, 'still there after five seconds')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a session with a key: guarded requests, refresh, reload, and a sign-out that removes the key', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  assert.equal(await signIn(page), undefined)
  assert.equal(await hello(page), 200)
  site.clock.advance('301s')
  await page.evaluate('moveClock(301_000)')
  const before = site.count(REFRESH)
  assert.equal(await hello(page), 200)
  assert.equal(site.count(REFRESH) - before, 1)
  await reload(page)
  assert.equal((await stateOf(page)).status, 'signedIn')
  assert.equal(await hello(page), 200)
  assert.equal(await countOf(page), 1)
  await page.evaluate('client.signOut()')
  await untilNone(() => countOf(page))
  assert.equal(await site.sessions(), 0)
  assert.deepEqual(site.faults, [])
})

test('signing out and leaving the page at once ends the session, also while the page is being left', async (t) => {
  const leaving = [
    `void client.signOut(); location.href = '/elsewhere/'`,
    `addEventListener('pagehide', () => void client.signOut()); location.href = '/elsewhere/'`,
  ]
  for (const script of leaving) {
    const site = await openBound(t)
    if (site === undefined) return t.skip(MISSING)
    const page = await site.open(BOUND)
    await signIn(page)
    assert.equal(await site.sessions(), 1)
    await page.evaluate(script)
    await page.waitForURL('**/elsewhere/')
    await untilNone(site.sessions)
  }
})

test('a proof has the time of the server, which the clock of the page differs from by years', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  const proofs: Record<string, unknown>[] = []
  page.on('request', (request) => {
    const [, claims = ''] = request.headers().dpop?.split('.') ?? []
    if (claims) proofs.push(JSON.parse(Buffer.from(claims, 'base64url').toString()))
  })
  await signIn(page)
  assert.equal(await hello(page), 200)
  await reload(page)
  await page.evaluate('moveClock(-3_600_000)')
  assert.equal(await hello(page), 200)
  const [first, ...others] = proofs.map(({ iat }) => Number(iat) - site.clock.now())
  assert.ok(Math.abs(first ?? 0) > 86_400, `${first}`)
  assert.equal(others.length, 3)
  for (const error of others) assert.ok(Math.abs(error) <= 10, `${error}`)
})

test('no script can export the key', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  await signIn(page)
  const told = await withKeys(
    page,
    `const { privateKey } = keys[0]
    Promise.all(['jwk', 'pkcs8'].map((format) =>
      crypto.subtle.exportKey(format, privateKey).then(() => 'exported', ({ name }) => name),
    )).then((each) => done([privateKey.extractable, ...each]))`,
  )
  assert.deepEqual(told, [false, 'InvalidAccessError', 'InvalidAccessError'])
})

test('two tabs share the key of a session; that of the session before is removed', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const [one, two] = [await site.open(BOUND), await site.open(BOUND)]
  await signIn(one)
  await waitFor(two, `client.state.status === 'signedIn'`, 1000)
  assert.deepEqual([await hello(one), await hello(two)], [200, 200])
  site.clock.advance('301s')
  for (const page of [one, two]) await page.evaluate('moveClock(301_000)')
  assert.deepEqual(await Promise.all([two, one].map(hello)), [200, 200])
  await signIn(two, BOB)
  const { id } = (await site.auth.users.find('bob')) ?? {}
  await waitFor(one, `client.user?.id === '${id}'`, 1000)
  assert.deepEqual([await hello(one), await hello(two)], [200, 200])
  await untilNone(site.sessions)
  assert.equal(await countOf(one), 1)
  assert.deepEqual(site.faults, [])
})

test('a stolen access token is refused without the key, and with another', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  await signIn(page)
  const token = await tokenOf(page)
  const url = `${site.origin}/hello/`
  for (const scheme of ['Bearer', 'DPoP']) {
    const headers = { authorization: `${scheme} ${token}` }
    assert.equal((await fetch(url, { headers })).status, 401, scheme)
  }
  const { now } = site.clock
  const other = dpop({ key: await dpopKey(), clock: now, accessToken: () => token })
  assert.equal((await signedFetch(other)(url)).status, 401)
  assert.equal(await hello(page), 200)
})

test('a key that is gone after a reload signs out with the reason, also on the server', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  await signIn(page)
  await withKeys(page, 'store.clear().onsuccess = () => done()')
  await reload(page)
  assert.deepEqual(await stateOf(page), { status: 'signedOut', reason: 'proofKeyLost' })
  await untilNone(site.sessions)
  assert.deepEqual(site.faults, [])
})

test('a page that deletes all databases is not held up, and can sign in again', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const [one, two] = [await site.open(BOUND), await site.open(BOUND)]
  await signIn(one)
  await waitFor(two, `client.state.status === 'signedIn'`, 1000)
  assert.equal(await hello(two), 200)
  const deleted = await one.evaluate(`new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase('watchword.dpop')
    asked.onsuccess = () => resolve('deleted')
    asked.onblocked = () => resolve('blocked')
  })`)
  assert.equal(deleted, 'deleted')
  assert.deepEqual([await hello(one), await hello(two)], [200, 200])
  await one.evaluate('client.signOut()')
  assert.equal(await signIn(two), undefined)
  await reload(one)
  assert.equal(await hello(one), 200)
})

const BROKEN = [
  [
    'throws',
    `IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }`,
  ],
  [
    'fails',
    // There is a database of a later version.
    `const own = IDBFactory.prototype.open
    IDBFactory.prototype.open = function (name) {
      own.call(this, name, 2)
      return own.call(this, name, 1)
    }`,
  ],
  ['is missing', `Object.defineProperty(globalThis, 'indexedDB', { value: undefined })`],
  [
    'may not be looked at',
    `Object.defineProperty(globalThis, 'indexedDB', { get() { throw new DOMException('', 'SecurityError') } })`,
  ],
] as const

for (const [name, script] of BROKEN)
  test(`where IndexedDB ${name} the key is in memory, and a reload signs out with the reason`, async (t) => {
    const site = await openBound(t)
    if (site === undefined) return t.skip(MISSING)
    await site.context.addInitScript(script)
    const page = await site.open(BOUND)
    assert.equal(await signIn(page), undefined)
    assert.equal(await hello(page), 200)
    await reload(page)
    assert.deepEqual(await stateOf(page), { status: 'signedOut', reason: 'proofKeyLost' })
    await untilNone(site.sessions)
    assert.deepEqual(site.faults, [])
  })

test('where IndexedDB never answers nothing waits longer than two seconds, and no session is lost', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  await signIn(page)
  await site.context.addInitScript('IDBFactory.prototype.open = () => ({})')
  await reload(page)
  assert.equal((await stateOf(page)).status, 'signedIn')
  assert.equal(await hello(page), 'storage')
  assert.equal(await signIn(page), undefined)
  assert.equal(await hello(page), 200)
})

test('a sign-in that fails leaves no key', async (t) => {
  const site = await openBound(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BOUND)
  assert.equal(await signIn(page, { ...ADA, password: 'wrong' }), 'invalid_credentials')
  assert.equal(await countOf(page), 0)
})

test('a page of a plain http host has no WebCrypto: `dpop()` says so', async (t) => {
  const site = await openSite(t, { dpop: true }, 'page.ts', 'plain.test')
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open()
  const code = await page.evaluate(
    '(() => { try { dpop() } catch ({ code }) { return code } })()',
  )
  assert.equal(code, 'not_supported')
})
