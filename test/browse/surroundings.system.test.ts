import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { mount as mountInExpress } from '../../src/adapters/express.ts'
import { mount as mountInFastify } from '../../src/adapters/fastify.ts'
import { mount as mountInHono } from '../../src/adapters/hono.ts'
import { allowAny } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { NAVIGATION, sent } from '../adapters/browser-request.ts'
import { openTab } from '../browser/inspect.ts'
import { tool, withoutTools } from '../openapi/tools.ts'
import { openProfile } from '../services/chromium.ts'
import { anNginx } from '../services/nginx.ts'
import { notesApp, PASSWORD } from './notes.ts'

const PUBLIC = { permissions: allowAny, browsable: true } as const

type Auth = ReturnType<typeof testInstance>['auth']
type Serve = (t: TestContext, auth: Auth) => Promise<string>

/** Middleware that sets security headers, before `mount` and after it. */
const SECURED: Readonly<Record<string, Serve>> = {
  'helmet before Express': async (t, auth) => {
    const { default: helmet } = await tool<Helmet>('helmet')
    const app = express()
    app.use(helmet())
    return openExpress(t, app, auth)
  },
  'helmet after mount in Express': async (t, auth) => {
    const { default: helmet } = await tool<Helmet>('helmet')
    const app = express()
    const guard = mountInExpress(app, auth)
    app.use(helmet())
    app.get(
      '/open/',
      guard(PUBLIC, (_, res) => void res.json({ open: true })),
    )
    return listening(t, app)
  },
  '@fastify/helmet before mount': async (t, auth) => {
    const { default: helmet } = await tool<FastifyHelmet>('@fastify/helmet')
    const app = fastify()
    await app.register(helmet as never)
    return openFastify(t, app, auth)
  },
  '@fastify/helmet after mount': async (t, auth) => {
    const { default: helmet } = await tool<FastifyHelmet>('@fastify/helmet')
    const app = fastify()
    const guard = mountInFastify(app, auth)
    await app.register(helmet as never)
    app.get(
      '/open/',
      guard(PUBLIC, async () => ({ open: true })),
    )
    t.after(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  'secureHeaders of Hono': async (t, auth) => {
    const app = new Hono()
    app.use(secureHeaders())
    const guard = mountInHono(app, auth)
    app.get('/open/', guard(PUBLIC), (c) => c.json({ open: true }))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    t.after(() => void server.close())
    if (!server.listening) await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
}

interface Helmet {
  readonly default: () => express.RequestHandler
}
interface FastifyHelmet {
  readonly default: unknown
}

async function openExpress(
  t: TestContext,
  app: express.Express,
  auth: Auth,
): Promise<string> {
  const guard = mountInExpress(app, auth)
  app.get(
    '/open/',
    guard(PUBLIC, (_, res) => void res.json({ open: true })),
  )
  return listening(t, app)
}

async function openFastify(
  t: TestContext,
  app: ReturnType<typeof fastify>,
  auth: Auth,
): Promise<string> {
  const guard = mountInFastify(app, auth)
  app.get(
    '/open/',
    guard(PUBLIC, async () => ({ open: true })),
  )
  t.after(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function listening(t: TestContext, app: express.Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [name, serveIn] of Object.entries(SECURED))
  test(`BR-101: ${name}: the page works, and keeps its policy`, {
    skip: withoutTools,
  }, async (t) => {
    const tab = await openTab(t)
    if (tab === undefined) return t.skip('Chromium is not installed')
    const { auth } = testInstance({ browsableApi: true })
    t.after(() => auth.close())
    const url = (await serveIn(t, auth)).replace('127.0.0.1', 'localhost')
    const { headers } = await sent(`${url}/open/`, NAVIGATION)
    assert.match(
      headers['content-security-policy'] ?? '',
      /^default-src 'none'; script-src 'self';/,
    )
    assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    // Hono's middleware sets its headers last: SAMEORIGIN, which `frame-ancestors` overrides (CSP 3 §6.4.2.2).
    const frames = name === 'secureHeaders of Hono' ? 'SAMEORIGIN' : 'DENY'
    assert.equal(headers['x-frame-options'], frames)
    assert.equal(headers['cache-control'], 'no-store')
    await tab.page.goto(`${url}/open/`)
    await tab.page.locator('#response pre', { hasText: '"open": true' }).waitFor()
    assert.deepEqual(tab.faults, [])
  })

/** The bytes of all files below a folder. */
const bytesIn = (folder: string): Buffer =>
  Buffer.concat(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => readFileSync(join(each.parentPath, each.name))),
  )

/** Browsers also store text in two bytes a character. */
const isIn = (bytes: Buffer, text: string): boolean =>
  bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le'))

test('BR-100: in production the profile of a browser has neither tokens nor data after a session', {
  timeout: 120_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-profile-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const { url } = await notesApp(t, {
    browsableApi: { production: true, requirements: 'public' },
    proxies: 1,
  })
  const context = await openProfile(folder)
  if (context === undefined) return t.skip('Chromium is not installed')
  const page = await context.newPage()
  const tokens: string[] = []
  page.on('response', async (response) => {
    if (!response.url().endsWith('/api/token/')) return
    tokens.push(...Object.values((await response.json()) as Record<string, string>))
  })
  await page.goto(`${url}/notes/1`)
  await page.locator('#login').fill('ada')
  await page.locator('#password').fill(PASSWORD)
  await page.locator('#in button.main').click()
  await page.locator('#response pre', { hasText: 'Analytical engine' }).waitFor()
  assert.equal(page.url(), `${url}/notes/1`)
  assert.equal(await page.evaluate('history.length'), 2)
  await page.goto(`${url}/open/`)
  await page.locator('#response pre', { hasText: '"open"' }).waitFor()
  // Chromium writes storage within five seconds.
  await page.waitForTimeout(6_000)
  await context.close()
  assert.equal(tokens.length, 2)
  const kept = bytesIn(folder)
  assert.ok(kept.length > 10_000)
  for (const secret of [...tokens, ...tokens.map((each) => each.slice(-40)), PASSWORD])
    assert.equal(isIn(kept, secret), false, 'a token or the password')
  assert.equal(isIn(kept, 'Analytical engine'), false, 'data of an answer')
})

test('BR-104: a proxy that caches by address never mixes the page and the answer', {
  timeout: 60_000,
}, async (t) => {
  const { url } = await notesApp(t, {
    browsableApi: { production: true, requirements: 'public' },
    proxies: 1,
  })
  const zone = `proxy_cache_path ${mkdtempSync(join(tmpdir(), 'watchword-cache-'))} keys_zone=all:1m;\n`
  const nginx = await anNginx(new URL(url).host.replace('localhost', '127.0.0.1'), [
    ['upstream watchword {', `${zone}upstream watchword {`],
    [
      'location / {',
      'location / {\n proxy_cache all; proxy_cache_valid 200 1h; add_header X-Cache $upstream_cache_status;',
    ],
  ])
  if (typeof nginx === 'string') return t.skip(nginx)
  t.after(() => nginx.stop())
  const at = `http://127.0.0.1:${nginx.port}/kept/`
  const json = { accept: 'application/json' }
  const first = await sent(at, json)
  assert.equal(first.headers['content-type'], 'application/json; charset=utf-8')
  const cached = await sent(at, json)
  assert.equal(cached.headers['x-cache'], 'HIT', 'the proxy caches')
  for (let i = 0; i < 2; i++) {
    const page = await sent(at, NAVIGATION)
    assert.match(page.headers['content-type'] ?? '', /^text\/html/)
    assert.notEqual(page.headers['x-cache'], 'HIT')
    const again = await sent(at, json)
    assert.equal(again.headers['content-type'], 'application/json; charset=utf-8')
  }
})
