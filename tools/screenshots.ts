import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { mount } from '../src/adapters/node.ts'
import { bearer, session } from '../src/authentication.ts'
import { watchword } from '../src/watchword.ts'

/**
 * Makes the pictures of the docs: `npm run screenshots`. Needs Chromium; CHROMIUM names another program than
 * `/usr/bin/chromium`. The clock stands, so that the same pages make the same pictures.
 */

const FOLDER = join(import.meta.dirname, '../docs/pictures')
const PASSWORD = 'correct horse battery staple'
const WRONG_PASSWORD = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ username: 'grace', password: 'wrong' }),
}
const SIZE = { width: 1100, height: 720 }
const HALF_HOUR = 1_800
const END = Date.UTC(2026, 10, 30, 12, 10) / 1000

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://localhost:${(server.address() as AddressInfo).port}`
const folder = mkdtempSync(join(tmpdir(), 'watchword-screenshots-'))
let now = END - 48 * HALF_HOUR
await fill()
const auth = instance()
const guard = mount(server, auth)
const note = guard(
  { permissions: 'notes.change', browsable: true, describe: { summary: 'Note 14' } },
  (_, response) => void response.end('{}'),
)
server.on('request', (request, response) => {
  if (request.url?.startsWith('/notes/')) note(request, response)
})

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  await photograph(browser, 'console', openConsole)
  await photograph(browser, 'denied', openDenied)
} finally {
  await browser.close()
  server.close().closeAllConnections()
  await auth.close()
  rmSync(folder, { recursive: true })
}

function instance() {
  return watchword({
    url,
    database: join(folder, 'watchword.db'),
    authentication: [bearer(), session()],
    pages: { name: 'Fieldnotes' },
    console: true,
    browsableApi: { title: 'Fieldnotes API' },
    roles: { viewer: ['notes.view'], editor: ['notes.view', 'notes.change'] },
    throttle: { login: null },
    clock: () => now,
    log: () => {},
  })
}

/** A day of sign-ins, most of them in the daytime. What an instance counts is written when it is closed. */
async function fill(): Promise<void> {
  const rights = { staff: true, superuser: true }
  const first = instance()
  await first.users.create({ username: 'vitor', password: PASSWORD, ...rights })
  await first.users.create({ username: 'grace', password: PASSWORD, roles: ['viewer'] })
  await first.close()
  for (let halfHour = 0; halfHour < 48; halfHour++) {
    now += HALF_HOUR
    await signIns(halfHour)
  }
}

async function signIns(halfHour: number): Promise<void> {
  const open = instance()
  const hour = (12 + halfHour / 2) % 24
  const count = 4 + 22 * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI))
  const grace = await open.users.find('grace')
  for (let n = 0; n < count; n++)
    if (grace !== undefined) await open.signIn(grace, { methods: ['pwd'] })
  const failures = halfHour === 20 ? 14 : halfHour % 3
  for (let n = 0; n < failures; n++)
    await open.handler(new Request(`${url}/api/token/`, WRONG_PASSWORD))
  await open.close()
}

async function photograph(
  browser: Browser,
  name: string,
  open: (page: Page) => Promise<{ readonly height: number }>,
): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' })
  await page.clock.setFixedTime(now * 1000)
  const { height } = await open(page)
  const path = join(FOLDER, `${name}.png`)
  const clip = { x: 0, y: 0, width: SIZE.width, height }
  await page.screenshot({ path, fullPage: true, clip })
  await page.close()
  console.log(path)
}

async function openConsole(page: Page): Promise<{ height: number }> {
  await page.goto(`${url}/console/`)
  await page.fill('[name=login]', 'vitor')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
  await page.waitForURL(`${url}/console/`)
  return SIZE
}

async function openDenied(page: Page): Promise<{ height: number }> {
  await page.goto(`${url}/notes/14/`)
  await page.fill('#login', 'grace')
  await page.fill('#password', PASSWORD)
  await page.click('#in button.main')
  const why = page.locator('#why', { hasText: 'Why 403' })
  await why.waitFor()
  await page.evaluate('scrollTo(0, 0)')
  const { y = 0, height = 0 } = (await why.boundingBox()) ?? {}
  return { height: y + height + 24 }
}
