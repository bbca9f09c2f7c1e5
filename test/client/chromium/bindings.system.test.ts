import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString as renderVueToString } from 'vue/server-renderer'
import { createClient, tokenCookies } from '../../../src/client/index.ts'
import { AuthProvider, useAuth as useAuthOfReact } from '../../../src/client/react.ts'
import type { Client } from '../../../src/client/types.ts'
import { authPlugin, useAuth as useAuthOfVue } from '../../../src/client/vue.ts'
import { ADA, openSite, REFRESH, waitFor } from './site.ts'

const MISSING = 'Chromium is not installed'
const BROWSER = `createClient('/', { storage: browserStorage })`

/** What a server sends, whose client has not read anything. */
const RENDERERS: Readonly<Record<string, (client: Client) => Promise<string>>> = {
  async react(client) {
    const status = () => createElement('p', { id: 'status' }, useAuthOfReact().status)
    return renderToString(createElement(AuthProvider, { client }, createElement(status)))
  },
  vue: (client) => {
    const status = defineComponent(() => {
      const auth = useAuthOfVue()
      return () => h('p', { id: 'status' }, auth.value.status)
    })
    return renderVueToString(createSSRApp(status).use(authPlugin(client)))
  },
}

async function rendered(framework: string): Promise<string> {
  const client = createClient('https://api.test', { transport: tokenCookies })
  await client.ready
  const text = await RENDERERS[framework]?.(client)
  client.close()
  return `<div id="root">${text}</div>`
}

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
    site.pages.set('/rendered/', await rendered(framework))
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

test('react: a part that is hydrated later, when the user is known, has no mismatch', async (t) => {
  const site = await openSite(t, {}, 'react.ts')
  if (site === undefined) return t.skip(MISSING)
  const text = (await rendered('react')).replace(/<p.*<\/p>/, '<!--$-->$&<!--/$-->')
  site.pages.set('/rendered/', text)
  const page = await site.open(BROWSER, '/rendered/')
  const warnings: string[] = []
  page.on('console', (line) => {
    if (line.type() === 'error' || /hydrat|mismatch/i.test(line.text()))
      warnings.push(line.text())
  })
  await page.evaluate('hydrateLate(client)')
  await page.evaluate(`client.signIn(${JSON.stringify(ADA)})`)
  await waitFor(page, 'globalThis.arrive !== undefined')
  const shown = `document.getElementById('status')?.textContent`
  assert.equal(await page.evaluate(shown), 'loading')
  await page.evaluate('arrive()')
  await waitFor(page, `${shown} === 'signedIn'`)
  assert.deepEqual([warnings, site.faults], [[], []])
})
