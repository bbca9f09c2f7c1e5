import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { TestOptions } from '../../../src/testing/index.ts'
import { ADA, BOB, openSite, REFRESH, type Site, waitFor } from './site.ts'

const BROWSER = `createClient('/', { storage: browserStorage })`
const COOKIE = `createClient('/', { transport: tokenCookies })`
const MISSING = 'Chromium is not installed'

const KINDS: readonly (readonly [string, string, TestOptions])[] = [
  ['storage of the browser', BROWSER, {}],
  ['cookies', COOKIE, { tokens: { transport: 'cookie' } }],
]

const signIn = (page: Page, user: object = ADA): Promise<unknown> =>
  page.evaluate(`client.signIn(${JSON.stringify(user)})`)
const statusOf = (page: Page): Promise<string> => page.evaluate('client.state.status')
const hello = (page: Page): Promise<number> =>
  page.evaluate(`client.fetch('/hello/').then(({ status }) => status)`)
/** Five minutes pass. */
async function expire({ clock }: Site, pages: readonly Page[]): Promise<void> {
  clock.advance('301s')
  for (const page of pages) await page.evaluate('moveClock(301_000)')
}

for (const [name, script, options] of KINDS) {
  test(`with ${name} sign-in, another user and sign-out reach the other tab`, async (t) => {
    const site = await openSite(t, options)
    if (site === undefined) return t.skip(MISSING)
    const [one, two] = [await site.open(script), await site.open(script)]
    await signIn(one)
    await waitFor(two, `client.state.status === 'signedIn'`, 1000)
    await signIn(two, BOB)
    const { id } = (await site.auth.users.find('bob')) ?? {}
    await waitFor(one, `client.user?.id === '${id}'`, 1000)
    await one.evaluate('client.signOut()')
    await waitFor(two, `client.state.status === 'signedOut'`, 1000)
    assert.equal(await hello(two), 401)
    assert.deepEqual(site.faults, [])
  })

  test(`with ${name} ten tabs that wake together send one refresh, or a second as a hedge`, async (t) => {
    const site = await openSite(t, options)
    if (site === undefined) return t.skip(MISSING)
    const first = await site.open(script)
    await signIn(first)
    const pages = [first]
    for (let i = 1; i < 10; i++) pages.push(await site.open(script))
    for (const page of pages) await page.evaluate('client.ready')
    const before = site.count(REFRESH)
    // A client refreshes once a second at most.
    await first.waitForTimeout(1100)
    await expire(site, pages)
    const statuses = await Promise.all(pages.map(hello))
    assert.deepEqual(statuses, Array(10).fill(200))
    assert.ok(site.count(REFRESH) - before <= 2, String(site.count(REFRESH) - before))
    assert.equal(await site.sessions(), 1)
    assert.deepEqual(site.faults, [])
  })
}

test('with cookies a tab writes after another one has signed in again', async (t) => {
  const site = await openSite(t, { tokens: { transport: 'cookie' } })
  if (site === undefined) return t.skip(MISSING)
  const [one, two] = [await site.open(COOKIE), await site.open(COOKIE)]
  await signIn(one)
  await waitFor(two, `client.state.status === 'signedIn'`, 1000)
  const tokens: unknown[] = []
  for (const page of [two, one, two]) {
    await signIn(page)
    const [csrf] = (await site.context.cookies()).filter(({ name }) => /csrf/.test(name))
    tokens.push(csrf?.value)
    const write = `client.fetch('/hello/', { method: 'POST', body: 'x' }).then(({ status }) => status)`
    assert.deepEqual(
      await Promise.all([one, two].map((each) => each.evaluate(write))),
      [200, 200],
    )
  }
  assert.equal(new Set(tokens).size, 3)
})

/** `CLIENT_REFRESHES=200 CLIENT_CRASHES=20` is the long form. */
const REFRESHES = Number(process.env.CLIENT_REFRESHES ?? 30)
const CRASHES = Number(process.env.CLIENT_CRASHES ?? 1)

test(`two tabs of a strict server refresh ${REFRESHES} times at the same instant, and keep the session`, async (t) => {
  const site = await openSite(t, { tokens: { overlap: 0, lostAnswer: 0 } })
  if (site === undefined) return t.skip(MISSING)
  const script = `createClient('/', { storage: browserStorage, overlap: 0 })`
  const pages = [await site.open(script), await site.open(script)]
  await signIn(pages[0] as Page)
  await waitFor(pages[1] as Page, `client.state.status === 'signedIn'`)
  for (let round = 0; round < REFRESHES; round++) {
    await expire(site, pages)
    // Else it counts as the second refresh in ten seconds.
    for (const page of pages)
      await page.evaluate(
        'performance.now = (now => () => now() + 11_000)(performance.now.bind(performance))',
      )
    assert.deepEqual(await Promise.all(pages.map(hello)), [200, 200], `round ${round}`)
  }
  assert.equal(await site.sessions(), 1)
})

test('a tab that crashes during a refresh costs the other nothing', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const moments = [0, 30, 60, 150, 300].flatMap((each) => Array(CRASHES).fill(each))
  for (const moment of moments) {
    const one: Page = await site.open(BROWSER)
    const two: Page = await site.open(BROWSER)
    await signIn(one)
    await waitFor(two, `client.state.status === 'signedIn'`)
    await expire(site, [one, two])
    site.delays.set(REFRESH, 200)
    await one.evaluate('void client.getAccessToken().catch(() => {})')
    await new Promise((resolve) => setTimeout(resolve, moment))
    await crash(one)
    site.delays.clear()
    assert.equal(await hello(two), 200, `after ${moment} ms`)
    assert.equal(await statusOf(two), 'signedIn')
    await two.evaluate('client.signOut()')
    await two.close()
  }
  assert.deepEqual(site.faults, [])
})

async function crash(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  devTools.send('Page.crash').catch(() => {})
  await crashed
}

test('a lock that is never released costs five seconds', async (t) => {
  const site = await openSite(t)
  if (site === undefined) return t.skip(MISSING)
  const [one, two] = [await site.open(BROWSER), await site.open(BROWSER)]
  await signIn(one)
  await waitFor(two, `client.state.status === 'signedIn'`)
  assert.deepEqual(
    await one.evaluate('navigator.locks.query().then(({ held }) => held)'),
    [],
  )
  const name = `watchword.${site.origin.replace(/[^\w.-]+/g, '_')}_api_token`
  await one.evaluate(
    `void navigator.locks.request('${name}', () => new Promise(() => {}))`,
  )
  await expire(site, [two])
  const start = Date.now()
  assert.equal(await hello(two), 200)
  const took = Date.now() - start
  assert.ok(took >= 4900 && took < 8000, `${took} ms`)
})

test('with the storage of a tab a window that it opens asks for the newer token', async (t: TestContext) => {
  const site = await openSite(t, { tokens: { overlap: 0, lostAnswer: 0 } })
  if (site === undefined) return t.skip(MISSING)
  const script = `createClient('/', { storage: tabStorage, overlap: 0 })`
  const opener = await site.open(script)
  await signIn(opener)
  const [child] = await Promise.all([
    site.context.waitForEvent('page'),
    opener.evaluate(`void window.open('/')`),
  ])
  await waitFor(child, 'globalThis.createClient !== undefined')
  await expire(site, [opener])
  assert.equal(await hello(opener), 200)
  await child.evaluate('moveClock(301_000)')
  await child.evaluate(`globalThis.client = ${script}`)
  assert.equal(await hello(child), 200)
  assert.equal(await site.sessions(), 1)
})
