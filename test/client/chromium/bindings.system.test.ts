import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, openSite, REFRESH, waitFor } from './site.ts'

const MISSING = 'Chromium is not installed'
const BROWSER = `createClient('/', { storage: browserStorage })`
const RENDERED = '<div id="root"><p id="status">loading</p></div>'

test('React in StrictMode: one subscription, one request at the start, one effect of a stable method', async (t) => {
  const site = await openSite(t, { tokens: { transport: 'cookie' } }, 'react.ts')
  if (site === undefined) return t.skip(MISSING)
  const first = await site.open(`createClient('/', { transport: tokenCookies })`)
  await first.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
  await first.close()
  const page = await site.open()
  await page.evaluate(
    `globalThis.client = createClient('/', { transport: tokenCookies }); renderStrict(client)`,
  )
  await waitFor(page, `document.getElementById('status')?.textContent === 'signedIn'`)
  assert.equal(site.count(REFRESH), 1)
  const counts = await page.evaluate('counts')
  assert.deepEqual((counts as { subscriptions: number }).subscriptions, 1)
  // Twice for StrictMode.
  assert.equal((counts as { effects: number }).effects, 2)
  await page.evaluate('client.signOut()')
  await waitFor(page, `document.getElementById('status')?.textContent === 'signedOut'`)
  assert.deepEqual(site.faults, [])
})

test('React: mounting a hundred components ten times sends no request', async (t) => {
  const site = await openSite(t, {}, 'react.ts')
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BROWSER)
  await page.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
  await page.evaluate('renderMany(client)')
  let requests = 0
  page.on('request', () => requests++)
  for (let i = 0; i < 10; i++) {
    await waitFor(page, 'globalThis.remount !== undefined')
    await page.evaluate('remount()')
  }
  await page.waitForTimeout(200)
  assert.equal(requests, 0)
  assert.equal(await page.evaluate(`document.querySelectorAll('#status').length`), 100)
})

test('React: components render once for each change, and not for a refresh', async (t) => {
  const site = await openSite(t, {}, 'react.ts')
  if (site === undefined) return t.skip(MISSING)
  const page = await site.open(BROWSER)
  await page.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
  await page.evaluate('renderMany(client)')
  await waitFor(page, `document.querySelectorAll('#status').length === 100`)
  const renders = () => page.evaluate('counts.renders')
  assert.equal(await renders(), 100)
  for (let i = 0; i < 2; i++) {
    await page.waitForTimeout(1100)
    await page.evaluate('client.getAccessToken({ fresh: true })')
  }
  assert.deepEqual([site.count(REFRESH), await renders()], [2, 100])
  await page.evaluate('client.signOut()')
  await waitFor(page, `document.getElementById('status')?.textContent === 'signedOut'`)
  assert.equal(await renders(), 200)
})

for (const framework of ['react', 'vue']) {
  test(`${framework}: a page that a server rendered is hydrated without a mismatch, then shows who is signed in`, async (t) => {
    const site = await openSite(t, {}, `${framework}.ts`)
    if (site === undefined) return t.skip(MISSING)
    site.pages.set('/rendered/', RENDERED)
    const page = await site.open(BROWSER, '/rendered/')
    const warnings: string[] = []
    page.on('console', (line) => {
      if (line.type() === 'error' || /hydrat|mismatch/i.test(line.text()))
        warnings.push(line.text())
    })
    await page.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
    await page.evaluate('hydrate(client)')
    await waitFor(page, `document.getElementById('status')?.textContent === 'signedIn'`)
    assert.deepEqual(warnings, [])
    assert.deepEqual(site.faults, [])
  })
}
