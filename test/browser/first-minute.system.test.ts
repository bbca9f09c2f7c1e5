import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect, openTab } from './inspect.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

interface Started {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly addresses: Readonly<Record<string, string>>
}

/** Runs `watchword dev` in an empty folder. */
async function dev(t: TestContext): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-dev-'))
  const words = [BIN, 'dev', '--json', '--port', '0']
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true })
  })
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), ended.then(() => [])])
  return JSON.parse(String(line))
}

test('the first page of watchword dev leads to all that it has', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { page, faults } = tab
  const { addresses, username, password } = await dev(t)
  const url = new URL(addresses.account ?? '').origin
  await page.goto(`${url}/`)
  const found = [...(await inspect(page, 'first-page'))]
  const links = await page
    .locator('main a')
    .evaluateAll((all) => all.map((each) => (each as unknown as { href: string }).href))
  for (const address of Object.values(addresses)) assert.ok(links.includes(address))
  await page.goto(addresses.account ?? '')
  await page.fill('[name=login]', username)
  await page.fill('[name=password]', password)
  await page.click('main button.main')
  await page.waitForURL(addresses.account ?? '')
  for (const link of links) {
    const response = await page.goto(link)
    assert.equal(response?.status(), 200, link)
  }
  await page.goto(addresses['sent mails'] ?? '')
  found.push(...(await inspect(page, 'sent-mails')))
  const icon = await page.request.get(`${url}/favicon.ico`)
  assert.equal(icon.status(), 204)
  assert.deepEqual(found, [])
  assert.deepEqual(faults, [])
})
