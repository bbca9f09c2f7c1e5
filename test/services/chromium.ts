import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  type Browser,
  type BrowserContext,
  chromium as playwright,
} from 'playwright-core'
import { atEnd } from './at-end.ts'

/** The shell first: without a user interface of its own it takes half of the processor time. */
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'chrome',
]
const PLACES = (process.env.PATH ?? '').split(delimiter)
const chromium = NAMES.flatMap((name) => PLACES.map((place) => join(place, name))).find(
  (path) => existsSync(path),
)

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

/** A browser that writes into a folder, as that of a user does; `undefined` if none is installed. Close it to have all of it written. */
export async function openProfile(folder: string): Promise<BrowserContext | undefined> {
  if (chromium === undefined) return undefined
  const args = ['--no-sandbox', '--disable-dev-shm-usage']
  return playwright.launchPersistentContext(folder, { executablePath: chromium, args })
}

let shared: Promise<Browser> | undefined

/**
 * The browser without a window that the tests of a process share: to start one takes seconds. What a test opens in it is closed at the
 * end of the test.
 *
 * @returns `undefined` if none is installed
 */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (chromium === undefined) return undefined
  if (!(await shared)?.isConnected()) shared = launched(chromium)
  const browser = await shared
  t.after(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
  })
  return browser
}

/** The host `plain.test` is this machine, for which a browser makes none of the exceptions of `localhost`. */
async function launched(executablePath: string): Promise<Browser> {
  const rules = '--host-resolver-rules=MAP plain.test 127.0.0.1'
  const args = ['--no-sandbox', '--disable-dev-shm-usage', rules]
  const browser = await playwright.launch({ executablePath, args })
  atEnd(() => browser.close())
  return browser
}
