import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { serve } from '../../src/server/serve.ts'
import { testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

const PAGES = [
  { name: 'account', path: '/account/' },
  { name: 'sent <mails>', path: '/dev/mail' },
]

async function served(t: TestContext, openapi = true) {
  const { auth, log } = testInstance(openapi ? { browsableApi: true } : {})
  const options = { auth, host: '127.0.0.1', port: 0, pages: PAGES }
  const running = await serve(options)
  cleanUp(t, async () => {
    await running.stop()
    await auth.close()
  })
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(running.url + path, { headers: { connection: 'close', ...headers } })
  return { get, log, url: running.url }
}

test('a browser gets links to all pages, a program a text', async (t) => {
  const { get, url } = await served(t)
  const page = await get('/', BROWSER)
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  assert.match(page.headers.get('vary') ?? '', /accept/i)
  const text = await page.text()
  const links = [...text.matchAll(/<a href="([^"]+)">([^<]+)</g)].map(([, href]) => href)
  assert.deepEqual(links, ['/account/', '/dev/mail', '/openapi.json', '/health/ready'])
  assert.match(text, /Sent &lt;mails&gt;/)
  assert.ok(text.includes(`curl -s ${url}/api/token/`))
  for (const path of ['/openapi.json', '/health/ready'])
    assert.equal((await get(path)).status, 200, path)
  const plain = await get('/')
  assert.equal(plain.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.match(await plain.text(), /\/dev\/mail +sent <mails>/)
})

test('the first page names the OpenAPI document only if there is one', async (t) => {
  const { get } = await served(t, false)
  assert.doesNotMatch(await (await get('/', BROWSER)).text(), /openapi/)
})

test('the icon that browsers ask for is no error', async (t) => {
  const { get } = await served(t)
  const icon = await get('/favicon.ico')
  assert.deepEqual([icon.status, await icon.text()], [204, ''])
  assert.match(icon.headers.get('cache-control') ?? '', /max-age=\d+/)
})
