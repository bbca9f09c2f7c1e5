import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { apiToken, bearer } from '../../src/authentication.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { openTab, type Tab } from '../browser/inspect.ts'
import { notesApp, PASSWORD } from './notes.ts'

type App = Awaited<ReturnType<typeof notesApp>>

/** Runs with a tab and an application; skips without a browser. */
const browse = (
  name: string,
  run: (tab: Tab, app: App) => Promise<void>,
  options: TestOptions = { authentication: [bearer(), apiToken()] },
) =>
  test(name, { timeout: 120_000 }, async (t) => {
    const tab = await openTab(t)
    if (tab === undefined) return t.skip('Chromium is not installed')
    await run(tab, await notesApp(t, options))
    assert.deepEqual(tab.faults, [])
  })

async function signIn(page: Page, name = 'ada'): Promise<void> {
  await page.locator('#login').fill(name)
  await page.locator('#password').fill(PASSWORD)
  await page.locator('#in button.main').click()
  await page.locator('#who', { hasText: name }).waitFor()
}

const answered = (page: Page, text: string): Promise<void> =>
  page.locator('#response pre', { hasText: text }).first().waitFor()

const shown = async (page: Page): Promise<string> =>
  (await page.locator('#response').textContent()) ?? ''

browse(
  'BR-27: repeated headers are shown as the browser joins them, with a note that it hides Set-Cookie',
  async ({ page }, { url }) => {
    await page.goto(`${url}/headers/`)
    await answered(page, 'x-two: one, two')
    const text = await shown(page)
    assert.match(text, /^.*200 OK/s)
    assert.match(text, /The browser hides Set-Cookie\./)
    assert.doesNotMatch(text, /set-cookie:/i)
  },
)

browse(
  'BR-29: of 50 MB the first MB is shown, with the size and a button that saves all',
  async ({ page }, { url }) => {
    await page.goto(`${url}/huge/`)
    await page
      .locator('#tools', { hasText: 'The first 1 MB of 52428800 bytes' })
      .waitFor()
    assert.ok((await shown(page)).length < 1_100_000)
    const download = page.waitForEvent('download', { timeout: 60_000 })
    await page.locator('#tools button', { hasText: 'Save' }).click()
    await download
  },
)

browse('BR-33: a 304 and an empty body are shown as such', async ({ page }, { url }) => {
  await page.goto(`${url}/unchanged/`)
  await answered(page, '304')
  await answered(page, 'No body.')
})

browse(
  'BR-37: another charset is read, and what is not text has replacement marks',
  async ({ page }, { url }) => {
    await page.goto(`${url}/latin/`)
    await answered(page, 'Gr\u00fc\u00dfe')
    await page.goto(`${url}/surrogates/`)
    await answered(page, '"escaped"')
    const text = await shown(page)
    assert.ok(text.includes('"\\ud800"'), 'the escape as sent')
    assert.ok(text.includes('\ufffd'), 'a mark in place of bytes that are no text')
  },
)

browse('BR-39: a Link header leads to other pages', async ({ page }, { url }) => {
  await page.goto(`${url}/linked/`)
  const next = page.locator('#pages a', { hasText: 'Next' })
  await next.waitFor()
  assert.equal(await next.getAttribute('href'), `${url}/linked/?page=2`)
  const previous = page.locator('#pages a', { hasText: 'Previous' })
  assert.equal(await previous.getAttribute('href'), `${url}/linked/`)
})

browse(
  'BR-51: a route without a declared body has a raw form with the media types of the route',
  async ({ page }, { url }) => {
    await page.goto(`${url}/open/`)
    const panel = page.locator('section', { has: page.locator('h2#POST-h') })
    await panel.locator('textarea').fill('as it is')
    assert.equal(await panel.locator('input').count(), 0)
    await panel.locator('select').selectOption('text/plain')
    await panel.locator('button', { hasText: 'POST as written' }).click()
    await answered(page, '"body": "as it is"')
    await answered(page, '"type": "text/plain')
  },
)

browse(
  'BR-56: signed out, forms are closed and say to sign in',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    const panel = page.locator('section', { has: page.locator('h2#POST-h') })
    await panel.locator('summary', { hasText: 'Sign in to use it.' }).waitFor()
    assert.equal(await panel.locator('[name=title]').isVisible(), false)
    await page.locator('#login').waitFor()
  },
)

browse(
  'BR-60: a reference to one of many is a text field, and nothing is loaded for it',
  async ({ page }, { url, seen }) => {
    await page.goto(`${url}/linked/`)
    const panel = page.locator('section', { has: page.locator('h2#POST-h') })
    await panel.locator('input[name=book]').waitFor()
    await panel.locator('textarea[name=author]').waitFor()
    assert.equal(await panel.locator('option').count(), 1, 'the media type alone')
    // The page, its description and the answer.
    assert.deepEqual([...new Set(seen)], ['GET /linked/'])
    assert.equal(seen.length, 3)
  },
)

browse(
  'BR-68: with tokens in cookies the page keeps nothing, and scripts cannot read the tokens',
  async ({ page, context }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    assert.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0)
    const cookies = await context.cookies()
    const tokens = cookies.filter(({ value }) => value.startsWith('eyJ'))
    assert.equal(tokens.length, 2)
    assert.ok(tokens.every(({ httpOnly }) => httpOnly))
    await page.reload()
    await answered(page, '"results"')
    const form = page.locator('#forms form').first()
    await form.locator('[name=title]').fill('One')
    await form.locator('button.main').click()
    await answered(page, '201')
    await page.locator('#who button', { hasText: 'Sign out' }).click()
    await page.locator('#who', { hasText: 'Not signed in' }).waitFor()
  },
  { tokens: { transport: 'cookie' } },
)

browse(
  'BR-72: signing out ends the sessions of all tabs, on the server and in the tabs',
  async ({ page, context }, { url, auth }) => {
    const other = await context.newPage()
    for (const tab of [page, other]) {
      await tab.goto(`${url}/notes/`)
      await signIn(tab)
    }
    const ada = await auth.users.find('ada')
    const left = async (): Promise<number> =>
      (await auth.sessions.list(ada?.id ?? '')).filter(
        ({ revokedAt }) => revokedAt === undefined,
      ).length
    assert.equal(await left(), 2)
    await page.locator('#who button', { hasText: 'Sign out' }).click()
    for (const tab of [page, other]) {
      await tab.locator('#who', { hasText: 'Not signed in' }).waitFor()
      assert.equal(await tab.evaluate('sessionStorage.length'), 0)
    }
    assert.equal(await left(), 0)
  },
)

browse(
  'BR-73: a session that an administrator has revoked is explained, and the page asks to sign in',
  async ({ page }, { url, auth }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const ada = await auth.users.find('ada')
    await auth.sessions.revokeAll(ada?.id ?? '')
    await page.locator('#methods button', { hasText: 'GET' }).click()
    await page.locator('#why', { hasText: 'Why 401' }).waitFor()
    await page.locator('#login').waitFor()
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
  },
)

browse(
  'BR-75: the sessions of the page are named in the list of sessions',
  async ({ page }, { url, auth }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const ada = await auth.users.find('ada')
    const sessions = await auth.sessions.list(ada?.id ?? '')
    assert.equal(sessions.length, 1)
    assert.match(sessions[0]?.userAgent ?? '', /^Browsable API: .*Chrome/)
  },
)

browse(
  'BR-76: an inactive user gets the answer to a wrong password',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    const refusal = async (name: string, password: string): Promise<string> => {
      await page.locator('#login').fill(name)
      await page.locator('#password').fill(password)
      await page.locator('#in button.main').click()
      await page.locator('#in .notice').waitFor()
      const text = (await page.locator('#in .notice').textContent()) ?? ''
      await page.reload()
      await page.locator('#login').waitFor()
      return text
    }
    const inactive = await refusal('ina', PASSWORD)
    assert.match(inactive, /No active account found/)
    assert.equal(inactive, await refusal('ada', 'wrong'))
  },
)

browse(
  'BR-98: a page of the same origin that opened this one in a window cannot reach it',
  async ({ page, context }, { url }) => {
    await page.goto(`${url}/evil/`)
    const opened = context.waitForEvent('page')
    await page.evaluate('void (window.victim = open("/notes/"))')
    const victim = await opened
    await victim.locator('#login').waitFor()
    assert.equal(await page.evaluate('victim.closed'), true)
    assert.equal(await victim.evaluate('window.opener'), null)
  },
)
