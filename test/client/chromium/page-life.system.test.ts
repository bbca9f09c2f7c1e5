import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { ADA, openSite, REFRESH, waitFor } from './site.ts'

const BROWSER = `createClient('/', { storage: browserStorage })`
const COOKIE = `createClient('/', { transport: tokenCookies })`
const MISSING = 'Chromium is not installed'

const signIn = (page: Page): Promise<unknown> =>
  page.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
const statusOf = (page: Page): Promise<string> => page.evaluate('client.state.status')
const hello = (page: Page): Promise<unknown> =>
  page.evaluate(
    `client.fetch('/hello/').then(({ status }) => status, ({ code }) => code)`,
  )

test('offline the user stays signed in, and one refresh follows', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BROWSER)
  await signIn(page)
  await page.evaluate('moveClock(301_000)')
  site.clock.advance('301s')
  await site.context.setOffline(true)
  assert.equal(await hello(page), 'network')
  assert.equal(await statusOf(page), 'signedIn')
  const before = site.count(REFRESH)
  await site.context.setOffline(false)
  await page.waitForTimeout(500)
  assert.equal(await hello(page), 200)
  assert.equal(site.count(REFRESH) - before, 1)
  assert.deepEqual(site.faults, [])
})

test('a slow answer and a lost one are sent again, and rotate once', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BROWSER)
  await signIn(page)
  for (const fault of ['slow', 'lost']) {
    site.clock.advance('301s')
    await page.evaluate('moveClock(301_000)')
    if (fault === 'slow') site.delays.set(REFRESH, 3500)
    else site.lost.set(REFRESH, 1)
    assert.equal(await hello(page), 200, fault)
    site.delays.clear()
    await page.evaluate(
      'performance.now = (now => () => now() + 11_000)(performance.now.bind(performance))',
    )
  }
  assert.equal(await site.sessions(), 1)
})

test('a clock that is set an hour back or forward costs one refresh', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  for (const hour of [3_600_000, -3_600_000]) {
    const page = await site.open(`createClient('/', { name: 'clock${hour}' })`)
    await signIn(page)
    const before = site.count(REFRESH)
    await page.evaluate(`moveClock(${hour})`)
    for (let i = 0; i < 10; i++) assert.equal(await hello(page), 200)
    assert.ok(site.count(REFRESH) - before <= 1)
  }
})

test('a page of a plain http host has no locks: it signs in, refreshes in two tabs, and warns once', async (t) => {
  const site = await openSite(t, {}, 'page.ts', 'plain.test')
  if (site === undefined) return t.skip(MISSING)
  const warnings: string[] = []
  site.context.on('console', (line) => {
    if (line.type() === 'warning') warnings.push(line.text())
  })
  const [one, two] = [await site.open(BROWSER), await site.open(BROWSER)]
  for (const page of [one, two])
    assert.deepEqual(
      await page.evaluate('[isSecureContext, navigator.locks === undefined]'),
      [false, true],
    )
  await one.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
  await waitFor(two, `client.state.status === 'signedIn'`)
  site.clock.advance('301s')
  for (const page of [one, two]) await page.evaluate('moveClock(301_000)')
  const hello = `client.fetch('/hello/').then(({ status }) => status)`
  const statuses = await Promise.all([one.evaluate(hello), two.evaluate(hello)])
  assert.deepEqual(statuses, [200, 200])
  await one.evaluate('client.signOut()')
  await waitFor(two, `client.state.status === 'signedOut'`)
  assert.equal(await site.sessions(), 0)
  const once = 'watchword: serve this page over https'
  assert.deepEqual(
    warnings.filter((text) => text.startsWith('watchword')),
    [once, once],
  )
  assert.deepEqual(site.faults, [])
})

test('storage that throws costs nothing but the reload', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open()
  await page.evaluate(
    `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }`,
  )
  await page.evaluate(`globalThis.client = ${BROWSER}`)
  await signIn(page)
  assert.equal(await hello(page), 200)
  assert.equal(await page.evaluate('client.state.problem?.code'), 'storage')
})

test('a sandboxed frame works in memory', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  site.pages.set('/frame/', '<iframe sandbox="allow-scripts" src="/inner/"></iframe>')
  const page = await site.open('', '/frame/')
  const frame = page.frames()[1]
  assert.ok(frame)
  await waitFor(frame, 'globalThis.createClient !== undefined')
  for (const storage of ['tabStorage', 'browserStorage']) {
    const status: unknown = await frame.evaluate(
      `(globalThis.client = createClient('${site.origin}', { storage: ${storage}, name: '${storage}' })).ready.then(() => client.state.status)`,
    )
    assert.equal(status, 'signedOut')
  }
  assert.deepEqual(site.faults, [])
})

test('signing out and leaving the page at once ends the session', async (t) => {
  for (const [script, options] of [
    [BROWSER, {}],
    [COOKIE, { tokens: { transport: 'cookie' } }],
  ] as const) {
    const site = await openSite(t, options)
    if (site === undefined) return t.skip(MISSING)
    const page = await site.open(script)
    await signIn(page)
    await page.evaluate(`void client.signOut(); location.href = '/elsewhere/'`)
    await page.waitForURL('**/elsewhere/')
    for (let i = 0; i < 30 && (await site.sessions()) > 0; i++)
      await page.waitForTimeout(100)
    assert.equal(await site.sessions(), 0)
  }
})

test('a sign-out while offline is shown after a reload, and delivered once online', async (t) => {
  const site = await openSite(t, { tokens: { transport: 'cookie' } })
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(COOKIE)
  await signIn(page)
  site.delays.set('/api/token/blacklist/', 60_000)
  await page.evaluate('void client.signOut()')
  await page.reload()
  await waitFor(page, 'globalThis.createClient !== undefined')
  site.delays.clear()
  await page.evaluate(`globalThis.client = ${COOKIE}; client.ready`)
  assert.equal(await statusOf(page), 'signedOut')
  assert.equal(site.count(REFRESH), 0)
  for (let i = 0; i < 50 && (await site.sessions()) > 0; i++)
    await page.waitForTimeout(100)
  assert.equal(await site.sessions(), 0)
  const names = (await site.context.cookies()).map(({ name }) => name)
  assert.deepEqual(names, [])
})

test('a page from the back/forward cache shows that another page has signed out', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BROWSER)
  await signIn(page)
  await page.goto('/second/')
  await waitFor(page, 'globalThis.createClient !== undefined')
  await page.evaluate(`(globalThis.client = ${BROWSER}).ready`)
  await page.evaluate('client.signOut()')
  await page.goBack()
  await waitFor(page, 'globalThis.createClient !== undefined')
  // It was restored with its client, or it was discarded.
  const hasClient = await page.evaluate('globalThis.client !== undefined')
  if (!hasClient) await page.evaluate(`(globalThis.client = ${BROWSER}).ready`)
  await waitFor(page, `client.state.status === 'signedOut'`, 1000)
  assert.equal(await page.evaluate('client.state.user'), undefined)
})

test('what a page has of a session, by transport', async (t) => {
  for (const [script, options, expected] of [
    [`createClient('/')`, {}, [false, false]],
    [`createClient('/', { storage: tabStorage })`, {}, [true, false]],
    [BROWSER, {}, [false, true]],
    [COOKIE, { tokens: { transport: 'cookie' } }, [false, false]],
  ] as const) {
    const site = await openSite(t, options)
    if (site === undefined) return t.skip(MISSING)
    const page = await site.open(script)
    await signIn(page)
    assert.equal(await hello(page), 200)
    const found = await page.evaluate(`[sessionStorage, localStorage].map(
      (storage) => /eyJ/.test(JSON.stringify(storage)))`)
    assert.deepEqual(found, expected, script)
    const elsewhere = await page.evaluate(
      `JSON.stringify([location.href, document.cookie, window.name, history.state])`,
    )
    assert.doesNotMatch(String(elsewhere), /eyJ/)
  }
})

test('a visitor of a page on the API’s own origin causes no request', async (t) => {
  const site = await openSite(t, { tokens: { transport: 'cookie' } })
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(COOKIE)
  await page.evaluate('client.ready')
  assert.deepEqual([await statusOf(page), site.count(REFRESH)], ['signedOut', 0])
})

async function addAuthenticator(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

test('passkeys work in a browser that does not convert JSON', async (t) => {
  const site = await openSite(t, { passkeys: true })
  if (site === undefined) return t.skip(MISSING)
  await site.context.addInitScript(
    `delete PublicKeyCredential.parseCreationOptionsFromJSON
    delete PublicKeyCredential.parseRequestOptionsFromJSON
    delete PublicKeyCredential.prototype.toJSON`,
  )
  const page = await site.open(`createClient('/')`)
  await addAuthenticator(page)
  await signIn(page)
  const label = `passkeys(client).register({ name: 'Phone' }).then(({ label }) => label)`
  assert.equal(await page.evaluate(label), 'Phone')
  await page.evaluate('client.signOut()')
  await page.evaluate('passkeys(client).signIn()')
  assert.equal(await statusOf(page), 'signedIn')
  assert.deepEqual(site.faults, [])
})

test('passkeys: one is added and signs in; a button ends a pending autofill', async (t) => {
  const site = await openSite(t, { passkeys: true })
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(`createClient('/')`)
  await addAuthenticator(page)
  await signIn(page)
  await page.evaluate('globalThis.keys = passkeys(client)')
  const added = await page.evaluate(
    `keys.register({ name: 'Laptop' }).then(({ label }) => label)`,
  )
  assert.equal(added, 'Laptop')
  await page.evaluate('client.signOut()')
  const outcomes = await page.evaluate(`Promise.allSettled([
    keys.signIn({ autofill: true }).catch(({ code }) => code),
    keys.signIn().then(() => client.state.status),
  ]).then((all) => all.map(({ value }) => value))`)
  assert.deepEqual(outcomes, ['cancelled', 'signedIn'])
  const supported = await page.evaluate('keys.supported()')
  assert.equal((supported as { passkeys: boolean }).passkeys, true)
  assert.deepEqual(site.faults, [])
})

test('the token of a link leaves the address bar before it is sent', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(`createClient('/')`, '/?token=abcdef123456')
  const addresses: (string | undefined)[] = []
  page.on('request', (request) => addresses.push(request.headers().referer))
  await page.evaluate(`client.signIn({ token: 'abcdef123456' }).catch(() => {})`)
  assert.equal(page.url(), `${site.origin}/`)
  assert.deepEqual(addresses, [`${site.origin}/`])
})

/** The kinds of workers: how one is started, and the object that messages come from. */
const WORKERS = [
  ['worker', `new Worker('/page.js', { type: 'module' })`, 'worker'],
  ['shared worker', `new SharedWorker('/page.js', { type: 'module' }).port`, 'worker'],
  [
    'service worker',
    `(await navigator.serviceWorker.register('/page.js', { type: 'module' }),
      (await navigator.serviceWorker.ready).active)`,
    'navigator.serviceWorker',
  ],
] as const

for (const [name, start, from] of WORKERS)
  test(`a ${name} shares the session of cookies with the page`, async (t) => {
    const site = await openSite(t, { tokens: { transport: 'cookie' } })
    if (site === undefined) return t.skip(MISSING)
    // Without a Content Security Policy: the test calls new Function().
    const page = await site.open(COOKIE, '/inner/')
    await page.evaluate(`(async () => {
    const worker = ${start}
    globalThis.asked = (code) => new Promise((resolve) => {
      ${from}.onmessage = ({ data }) => resolve(data)
      worker.postMessage(code)
    })
  })()`)
    const started = await page.evaluate(
      `asked("(globalThis.client = createClient('${site.origin}', { transport: tokenCookies })).ready.then(() => client.state.status)")`,
    )
    assert.equal(started, 'signedOut')
    await signIn(page)
    await waitFor(
      page,
      `asked('client.state.status').then((status) => status === 'signedIn')`,
    )
    await page.evaluate('moveClock(301_000)')
    await page.evaluate(`asked('(moveClock(301_000), 1)')`)
    site.clock.advance('301s')
    const statuses = await page.evaluate(`Promise.all([
    client.fetch('/hello/').then(({ status }) => status),
    asked("client.fetch('/hello/').then(({ status }) => status)"),
  ])`)
    assert.deepEqual(statuses, [200, 200])
    assert.ok(site.count(REFRESH) <= 2)
  })
