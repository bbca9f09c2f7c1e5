import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { openBrowser } from '../services/chromium.ts'

export const WIDTHS = [320, 768, 1440] as const
export const SCHEMES = ['light', 'dark'] as const

/** A tab, and what the browser reports about its pages. */
export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** Reports of the Content-Security-Policy, errors of scripts, and requests that failed: none should be there. */
  readonly faults: readonly string[]
}

/**
 * Opens a tab of Chromium.
 *
 * @param options of Playwright, such as `javaScriptEnabled: false`, `locale` or `storageState`
 * @returns `undefined` if no browser is installed
 */
export async function openTab(
  t: TestContext,
  options: BrowserContextOptions = {},
): Promise<Tab | undefined> {
  const browser = await openBrowser(t)
  if (browser === undefined) return undefined
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  return tabOf(context)
}

/** A further tab of a browser. */
export async function tabOf(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage()
  // Against hanging: a busy machine takes its time.
  page.setDefaultTimeout(60_000)
  const faults: string[] = []
  const devTools = await context.newCDPSession(page)
  await devTools.send('Audits.enable')
  devTools.on('Audits.issueAdded', ({ issue }) => {
    if (issue.code === 'ContentSecurityPolicyIssue')
      faults.push(
        `CSP: ${JSON.stringify(issue.details.contentSecurityPolicyIssueDetails)}`,
      )
  })
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  page.on('console', (message) => {
    // An answer such as 400 or 429 is written to the console, too, and tests look at it themselves.
    const text = message.text()
    if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
      faults.push(`console: ${text}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    if (!reason.includes('ERR_ABORTED'))
      faults.push(`request: ${request.url()} ${reason}`)
  })
  return { page, context, faults }
}

/**
 * Looks at a page at 320, 768 and 1440 px, light and dark, with every `<details>` closed and open: axe with its best practices, and no
 * scrolling sideways. Dark pages differ in their colors alone (`test/pages/stylesheets.test.ts`), so that of these only the rules about
 * colors are checked again. With `SCREENSHOTS=folder` in the environment it takes a picture of each.
 *
 * @param name of the pictures
 * @returns what is wrong; empty if nothing is
 */
export async function inspect(page: Page, name: string): Promise<readonly string[]> {
  const faults: string[] = []
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const where = `${name} at ${width} px, ${colorScheme}`
      const rules = colorScheme === 'dark' ? OF_COLORS : ALL
      await takePicture(page, `${name}-${width}-${colorScheme}`)
      faults.push(...(await faultsOf(page, where, rules)))
      if (await setDetails(page, true))
        faults.push(...(await faultsOf(page, `${where}, open`, rules)))
      await setDetails(page, false)
    }
  }
  return faults
}

const ALL = {}
const OF_COLORS = { runOnly: ['cat.color'] }

async function faultsOf(
  page: Page,
  where: string,
  rules: object,
): Promise<readonly string[]> {
  const found = [...(await axeFaults(page, rules)), ...(await overflow(page))]
  return found.map((fault) => `${where}: ${fault}`)
}

/** @returns whether the page has some */
const setDetails = (page: Page, open: boolean): Promise<boolean> =>
  page.evaluate(`(() => {
    const all = [...document.querySelectorAll('details')]
    for (const each of all) each.open = ${open}
    return all.length > 0
  })()`)

/** The elements that reach beyond the right edge. */
const overflow = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    return [...document.querySelectorAll('body *')]
      .filter((each) => each.getBoundingClientRect().right > clientWidth + 1)
      .slice(0, 3)
      .map((each) => 'scrolls sideways: ' + each.outerHTML.slice(0, 80))
  })()`)

/**
 * What axe finds on a page. It is evaluated by the tools of the browser, which no Content-Security-Policy stops, once for each document:
 * its source takes longer than what it does.
 */
async function axeFaults(page: Page, rules: object): Promise<readonly string[]> {
  const options = JSON.stringify({ resultTypes: ['violations'], ...rules })
  if (!(await page.evaluate('globalThis.axe?.run !== undefined')))
    await page.evaluate(axe.source)
  return page.evaluate(`axe.run(document, ${options}).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html }) => 'axe ' + id + ': ' + help + ': ' + html.slice(0, 120))))`)
}

async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** Presses Tab until an element has the focus, as a user without a mouse does. @throws Error if it never gets it */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const isThere = await page.evaluate(
      `document.activeElement?.matches(${JSON.stringify(selector)}) === true`,
    )
    if (isThere) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`The key Tab does not reach ${selector}.`)
}
