import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, chromium as playwright } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']
const chromium = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((place) => NAMES.map((name) => join(place, name)))
  .find((path) => existsSync(path))

/**
 * Opens a page in a browser without a window.
 *
 * @param report what the page says about itself
 * @returns the report; `undefined` if no browser is installed
 */
export function visit<T>(
  t: TestContext,
  url: string,
  report: Promise<T>,
): Promise<T> | undefined {
  if (chromium === undefined) return undefined
  const profile = mkdtempSync(join(tmpdir(), 'watchword-chromium-'))
  const words = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ]
  const child = spawn(chromium, [...words, url], { stdio: 'ignore', detached: true })
  const closed = once(child, 'exit')
  t.after(async () => {
    // The whole process group.
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL')
      await closed
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  const ended = closed.then(() => assert.fail('Chromium ended before its page reported'))
  ended.catch(() => undefined)
  return Promise.race([report, ended])
}

/** A browser without a window for a test that drives it, closed at its end; `undefined` if none is installed. */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (chromium === undefined) return undefined
  const args = ['--no-sandbox', '--disable-dev-shm-usage']
  const browser = await playwright.launch({ executablePath: chromium, args })
  t.after(() => browser.close())
  return browser
}
