import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { inspect, openTab, type Tab } from '../browser/inspect.ts'
import { ATTACKS, notesApp, PASSWORD } from './notes.ts'

type App = Awaited<ReturnType<typeof notesApp>>

/** Runs with a tab and an application; skips without a browser. */
const browse = (
  name: string,
  run: (tab: Tab, app: App, t: TestContext) => Promise<void>,
  options: TestOptions = { authentication: [bearer(), apiToken()] },
) =>
  test(name, { timeout: 120_000 }, async (t) => {
    const tab = await openTab(t)
    if (tab === undefined) return t.skip('Chromium is not installed')
    await run(tab, await notesApp(t, options), t)
    assert.deepEqual(tab.faults, [])
  })

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).last().textContent()) ?? ''

const shown = (page: Page): Promise<string> => textOf(page, '#response')

async function signIn(page: Page, name = 'ada'): Promise<void> {
  await page.locator('#login').fill(name)
  await page.locator('#password').fill(PASSWORD)
  await page.locator('#in button.main').click()
  await page.locator('#who', { hasText: name }).waitFor()
}

const answered = (page: Page, text: string): Promise<void> =>
  page.locator('#response pre', { hasText: text }).first().waitFor()

browse(
  'BR-24, BR-25, BR-26: signing in repeats the request, and a reload stays signed in',
  async ({ page }, { url, seen }) => {
    await page.goto(`${url}/notes/`)
    await answered(page, '401')
    await answered(page, 'Authentication credentials were not provided.')
    await page.locator('#why', { hasText: 'Why 401' }).waitFor()
    await signIn(page)
    await answered(page, '"results"')
    assert.equal(page.url(), `${url}/notes/`)
    assert.ok(seen.includes('GET /notes/'))
    assert.equal(await page.locator('#why:visible, #in:visible').count(), 0)
    await page.reload()
    await answered(page, '"results"')
    await page.locator('#response a', { hasText: '/notes/1' }).click()
    await answered(page, 'Analytical engine')
    const crumbs = await page.evaluate(
      '[...document.querySelectorAll(".crumbs a")].map((each) => [each.getAttribute("href"), each.textContent])',
    )
    assert.deepEqual(crumbs, [
      ['../auth/browse/', 'API'],
      ['../notes/', 'notes'],
    ])
  },
)

browse(
  'BR-67, BR-72: tokens are in the storage of the tab alone, and signing out ends the session',
  async ({ page }, { url, auth }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const kept = await page.evaluate(
      'JSON.parse(sessionStorage.getItem("watchword.browse"))',
    )
    const { access, refresh } = kept as { access: string; refresh: string }
    const places = await page.evaluate(
      '[JSON.stringify(localStorage), document.cookie, location.href, document.documentElement.outerHTML].join()',
    )
    for (const token of [access, refresh]) assert.ok(!String(places).includes(token))
    const ada = await auth.users.find('ada')
    assert.equal((await auth.sessions.list(ada?.id ?? '')).length, 1)
    await page.locator('#who button', { hasText: 'Sign out' }).click()
    await page.locator('#who', { hasText: 'Not signed in' }).waitFor()
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
    const left = (await auth.sessions.list(ada?.id ?? '')).filter(
      ({ revokedAt }) => revokedAt === undefined,
    )
    assert.equal(left.length, 0)
  },
)

browse(
  'BR-47, BR-48, BR-62: a form has the declared fields, shows faults at them, and keeps what was typed',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const form = page.locator('#forms form').first()
    await form.locator('[name=stars]').fill('5')
    await form.locator('button.main').click()
    await form.locator('.error', { hasText: 'This field is required.' }).waitFor()
    assert.equal(await form.locator('[name=stars]').inputValue(), '5')
    await form.locator('[name=title]').fill('A <b>title</b>')
    await form.locator('[name=public]').selectOption({ label: 'true' })
    await form.locator('[name=tags]').fill('["a"]')
    await form.locator('button.main').click()
    await answered(page, '201')
    const text = await shown(page)
    assert.match(text, /"title": "A <b>title<\/b>"/)
    assert.match(text, /"public": true/)
    assert.match(text, /"stars": 5/)
    assert.equal(await page.locator('#response a', { hasText: '/notes/2' }).count(), 1)
  },
)

browse(
  'BR-49, BR-55, BR-61: PUT is filled from the answer, closed for bob, and DELETE asks first',
  async ({ page }, { url, seen }) => {
    await page.goto(`${url}/notes/1`)
    await signIn(page, 'bob')
    const put = page.locator('section', { has: page.locator('h2#PUT-h') })
    await put
      .locator('summary', { hasText: 'Refused. Requires: has "notes.change"' })
      .waitFor()
    await page.locator('#who button', { hasText: 'Sign out' }).click()
    await signIn(page, 'ada')
    const title = put.locator('[name=title]').first()
    await title.waitFor()
    assert.equal(await title.inputValue(), 'Analytical engine')
    const before = seen.length
    const remove = page.locator('section', { has: page.locator('h2#DELETE-h') })
    await remove.locator('summary').click()
    assert.ok(!seen.slice(before).some((each) => each.startsWith('DELETE')))
    await remove.locator('button', { hasText: 'DELETE this' }).click()
    await answered(page, '204')
    assert.equal(seen.filter((each) => each.startsWith('DELETE')).length, 1)
  },
)

browse('a 403 and a 429 are explained', async ({ page }, { url }) => {
  await page.goto(`${url}/never/`)
  await signIn(page, 'bob')
  await page.locator('#why', { hasText: 'Why 403' }).waitFor()
  await page.locator('#why li', { hasText: 'never' }).waitFor()
  assert.match(await textOf(page, '#why'), /accepted\s*bearer/)
  await page.goto(`${url}/sips/`)
  await page.locator('#methods button', { hasText: 'GET' }).click()
  await page.locator('#methods button', { hasText: 'GET' }).click()
  await page.locator('#why', { hasText: 'Why 429' }).waitFor()
  await page
    .locator('#why', { hasText: 'The rate "sip" allows 2 requests in 60 seconds' })
    .waitFor()
})

browse(
  'BR-66, BR-76: a wrong password is answered at the form',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await page.locator('#login').fill('ada')
    await page.locator('#password').fill('wrong')
    await page.locator('#in button.main').click()
    await page.locator('#in .notice', { hasText: 'No active account found' }).waitFor()
    assert.equal(await page.locator('#password').inputValue(), '')
  },
)

browse(
  'BR-64, BR-73: an expired token is refreshed once, and a revoked session asks to sign in',
  async ({ page }, { url, auth, instance, seen }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    instance.clock.advance(600)
    const requests: string[] = []
    page.on('request', (request) =>
      requests.push(`${request.method()} ${new URL(request.url()).pathname}`),
    )
    await page.locator('#methods button', { hasText: 'GET' }).click()
    await answered(page, '"results"')
    assert.equal(requests.filter((each) => each === 'POST /api/token/refresh/').length, 1)
    const ada = await auth.users.find('ada')
    await auth.sessions.revokeAll(ada?.id ?? '')
    await page.locator('#methods button', { hasText: 'GET' }).click()
    await page.locator('#why', { hasText: 'Why 401' }).waitFor()
    await page.locator('#login').waitFor()
    assert.ok(seen.length > 0)
  },
)

browse(
  'BR-71: a pasted API token works until the page is left',
  async ({ page }, { url, auth }) => {
    const ada = await auth.users.find('ada')
    const { token } = await auth.apiTokens.create(ada?.id ?? '')
    await page.goto(`${url}/notes/`)
    await page.locator('#in summary').click()
    await page.locator('#pasted').fill(token)
    await page.locator('#in button', { hasText: 'Use it' }).click()
    await answered(page, '"results"')
    assert.match(await textOf(page, '#who'), /ada apiToken/)
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
    await page.reload()
    await answered(page, '401')
  },
)

browse(
  'BR-30, BR-31, BR-32, BR-33, BR-34: streams, files, redirects, empty answers and error pages are shown as such',
  async ({ page }, { url }) => {
    await page.goto(`${url}/stream/`)
    await answered(page, 'data: two')
    await page.locator('#tools button', { hasText: 'Stop' }).click()
    await page.goto(`${url}/file/`)
    await answered(page, '8 bytes')
    const download = page.waitForEvent('download')
    await page.locator('#tools button', { hasText: 'Save' }).click()
    await download
    await page.goto(`${url}/moved/`)
    await answered(page, 'A redirect')
    await page.locator('#response button', { hasText: 'Follow' }).click()
    await answered(page, `Final address: ${url}/open/`)
    await page.goto(`${url}/empty/`)
    await answered(page, 'No body.')
    await page.goto(`${url}/boom/`)
    await answered(page, '<h1>Oops</h1>')
  },
)

browse(
  'BR-35, BR-36: numbers, repeated names and broken JSON are shown as sent',
  async ({ page }, { url }) => {
    await page.goto(`${url}/numbers/`)
    await answered(page, '12345678901234567890')
    const text = await shown(page)
    for (const part of ['"b": 1.0', '"c": -0', '"d": 1e400', '"a": 2'])
      assert.ok(text.includes(part), part)
    await page.goto(`${url}/broken/`)
    await answered(page, '{"a":NaN}')
    await page.locator('#tools', { hasText: 'not valid JSON' }).waitFor()
  },
)

browse('BR-28: a body of 1 MB is folded at once', async ({ page }, { url }) => {
  await page.goto(`${url}/large/`)
  await answered(page, '"id": 0')
  const nodes = Number(
    await page.evaluate('document.querySelectorAll("#response *").length'),
  )
  assert.ok(nodes < 5_000, `${nodes} elements`)
  await page.locator('#response button', { hasText: 'more' }).first().click()
  await answered(page, '"id": 150')
})

browse(
  'BR-38, BR-65: pages and filters keep what the address says',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const next = page.locator('#pages a', { hasText: 'Next' })
    await next.waitFor()
    assert.equal(await next.getAttribute('href'), `${url}/notes/?page=2`)
    await page.locator('#filters summary').click()
    await page.locator('#filters [name=page]').fill('7&x=<b>')
    await page.locator('#filters button').click()
    await page.waitForURL(/page=7/)
    assert.equal(new URL(page.url()).searchParams.get('page'), '7&x=<b>')
  },
)

browse(
  'BR-95, BR-96: texts of answers, headers and descriptions are never markup, code or dangerous links',
  async ({ page }, { url }) => {
    await page.goto(`${url}/attacks/?q=<script>window.attacked=1</script>`)
    await answered(page, ATTACKS[0])
    assert.equal(await page.evaluate('window.attacked'), undefined)
    assert.equal(await page.locator('script').count(), 1)
    assert.equal(await page.locator('#main img, #main svg').count(), 0)
    const links = await page.evaluate(
      '[...document.querySelectorAll("#response a")].map((each) => each.href)',
    )
    for (const link of links as string[])
      assert.equal(new URL(link).host, new URL(url).host, link)
    assert.ok((await shown(page)).includes('\\u202egnp.exe'))
  },
)

browse(
  'BR-103: a route that must be confirmed is requested when a button is pressed',
  async ({ page }, { url, seen }) => {
    await page.goto(`${url}/danger/`)
    const send = page.locator('#response button', { hasText: 'Send GET' })
    await send.waitFor()
    await page.waitForTimeout(200)
    assert.equal(
      seen.filter((each) => each === 'GET /danger/').length,
      2,
      'the page and its description',
    )
    await send.click()
    await answered(page, '"done"')
  },
)

browse(
  'BR-102: nothing in the address makes the page send, fill or open anything',
  async ({ page }, { url }) => {
    const methods: string[] = []
    page.on('request', (request) => methods.push(request.method()))
    await page.goto(
      `${url}/notes/?format=api&method=DELETE&title=x&url=https://evil.example#/x?method=POST`,
    )
    await answered(page, '401')
    assert.deepEqual([...new Set(methods)], ['GET'])
  },
)

browse(
  'BR-99: no request that leaves the page has a Referer',
  async ({ page }, { url }) => {
    const referrers: (string | undefined)[] = []
    page.on('request', async (request) =>
      referrers.push((await request.allHeaders()).referer),
    )
    await page.goto(`${url}/open/?secret=1`)
    await answered(page, '"open"')
    assert.ok(referrers.length >= 4)
    assert.deepEqual(
      referrers.filter((each) => each !== undefined),
      [],
    )
  },
)

browse(
  'BR-41: a copied command has $TOKEN in place of the token',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    await answered(page, '"results"')
    for (const name of ['curl', 'HTTPie', 'fetch']) {
      await page.locator('#response button', { hasText: `Copy as ${name}` }).click()
      const command = await textOf(page, '#response pre')
      assert.match(command, /TOKEN/)
      assert.doesNotMatch(command, /eyJ/)
    }
  },
)

browse(
  'a raw request goes to any path of this origin, and to no other',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const form = page.locator('#raw form')
    await page.locator('#raw summary').click()
    await form.locator('#any-path').fill('https://evil.example/')
    await form.locator('button').click()
    await form
      .locator('.notice', { hasText: 'The path must be one of this origin' })
      .waitFor()
    await form.locator('#any-path').fill('/notes/')
    await form.locator('#any-method').selectOption('POST')
    await form.locator('#any-body').fill('{"title":"raw"}')
    await form.locator('button').click()
    await answered(page, '"title": "raw"')
  },
)

browse(
  'BR-69: with a session the page keeps nothing, and sends the CSRF token',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    assert.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0)
    await page.reload()
    await answered(page, '"results"')
    const form = page.locator('#forms form').first()
    await form.locator('[name=title]').fill('One')
    await form.locator('button.main').click()
    await answered(page, '201')
    await page.locator('#who button', { hasText: 'Sign out' }).click()
    await page.locator('#who', { hasText: 'Not signed in' }).waitFor()
  },
  { authentication: [session()] },
)

test('BR-97: the page is not shown in a frame', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { url } = await notesApp(t, { authentication: [bearer()] })
  await tab.page.goto(`${url}/framed/`)
  await tab.page.waitForTimeout(300)
  const frame = tab.page.frames()[1]
  assert.doesNotMatch((await frame?.content().catch(() => '')) ?? '', /data-page/)
})

test('BR-42: without script the page has the description and a link to the JSON', async (t) => {
  const tab = await openTab(t, { javaScriptEnabled: false })
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { url } = await notesApp(t, { authentication: [bearer()] })
  await tab.page.goto(`${url}/notes/`)
  const text = await textOf(tab.page, 'main')
  assert.match(text, /The notes of the user who is signed in\./)
  const link = tab.page.locator('noscript a, .notice a')
  assert.equal(await link.getAttribute('href'), '?format=json')
})

browse(
  'BR-43: axe finds nothing at any width, signed out and signed in',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await page.locator('#why', { hasText: 'Why 401' }).waitFor()
    assert.deepEqual(await inspect(page, 'browse-401'), [])
    await signIn(page)
    await answered(page, '"results"')
    assert.deepEqual(await inspect(page, 'browse-200'), [])
  },
)

browse(
  'BR-70: a user with a second factor is asked for its code',
  async ({ page }, { url, instance }) => {
    const headers = {
      ...(await instance.as('ada')),
      'content-type': 'application/json',
    }
    const post = async (path: string, body: object) => {
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      const answer = await fetch(url + path, init)
      return (await answer.json()) as { readonly id: string; readonly secret: string }
    }
    const { id, secret } = await post('/auth/totp/', { current_password: PASSWORD })
    const code = (): string =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({
        timestamp: instance.clock.now() * 1000,
      })
    await post('/auth/totp/confirm/', { id, code: code() })
    instance.clock.advance(60)
    await page.goto(`${url}/notes/`)
    await page.locator('#login').fill('ada')
    await page.locator('#password').fill(PASSWORD)
    await page.locator('#in button.main').click()
    await page.locator('#code').fill('000000')
    await page.locator('#in button.main').click()
    await page.locator('#in .notice', { hasText: 'The code is invalid' }).waitFor()
    await page.locator('#code').fill(code())
    await page.locator('#in button.main').click()
    await answered(page, '"results"')
  },
  { authentication: [bearer(), apiToken()], secondFactors: true },
)

browse(
  'BR-46: a page that the browser has kept shows nothing of before',
  async ({ page }, { url }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    await answered(page, '"results"')
    await page.evaluate('dispatchEvent(new PageTransitionEvent("pagehide"))')
    assert.equal(await shown(page), '')
    await page.evaluate('sessionStorage.clear()')
    await page.evaluate(
      'dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))',
    )
    await answered(page, '401')
  },
)

browse(
  'BR-63: a form that is sent by a double click makes one request',
  async ({ page }, { url, seen }) => {
    await page.goto(`${url}/notes/`)
    await signIn(page)
    const form = page.locator('#forms form').first()
    await form.locator('[name=title]').fill('One')
    await form.locator('button.main').dblclick()
    await answered(page, '201')
    assert.equal(seen.filter((each) => each === 'POST /notes/').length, 1)
  },
)

browse(
  'BR-50, BR-52, BR-53, BR-54: PATCH sends what was changed, files are multipart, and large or recursive schemas get a box',
  async ({ page }, { url }) => {
    await page.goto(`${url}/shapes/`)
    const panel = (method: string) =>
      page.locator('section', { has: page.locator(`h2#${method}-h`) })
    const title = panel('PATCH').locator('[name=title]').first()
    await title.waitFor()
    await answered(page, '"Old"')
    assert.equal(await title.inputValue(), 'Old')
    await title.fill('New')
    await panel('PATCH').locator('button.main').click()
    await answered(page, '"patched"')
    assert.match(await shown(page), /"patched": "\{\\"title\\":\\"New\\"\}"/)
    await panel('POST')
      .locator('[name=file]')
      .setInputFiles({
        name: '<b>.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('hello'),
      })
    await panel('POST').locator('button.main').click()
    await answered(page, 'multipart/form-data; boundary=')
    assert.equal(await panel('PUT').locator('input').count(), 0)
    assert.equal(await panel('PUT').locator('textarea').count(), 1)
  },
)
