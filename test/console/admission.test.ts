import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOTP } from 'otpauth'
import { testBrowser, wordsOf } from '../pages/site.ts'
import { act, operated, operator, PAGES, PASSWORD, staffWith } from './operator.ts'

test('a superuser who is staff sees each page after signing in', async (t) => {
  const { auth, ada } = await operated(t)
  const browser = await operator(auth)
  assert.equal(browser.page.path, '/console/')
  for (const path of [...PAGES, `/console/users/${ada.id}/`]) {
    const { status, headers, heading } = await browser.open(path)
    assert.equal(status, 200, path)
    assert.notEqual(heading, '', path)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  }
})

test('a browser that is not signed in is asked to, and comes back to the page', async (t) => {
  const { auth } = await operated(t)
  for (const path of PAGES) {
    const browser = testBrowser(auth)
    const asked = await browser.open(path)
    assert.match(asked.path, /^\/account\/sign-in\/\?next=/, path)
    const shown = await browser.submit(
      { button: 'Sign in' },
      { login: 'vitor', password: PASSWORD },
    )
    assert.equal(shown.path, path)
  }
})

test('for users who are not staff there is no console', async (t) => {
  const { auth, ada } = await operated(t)
  await auth.users.create({ username: 'root', password: PASSWORD, superuser: true })
  for (const login of ['ada', 'root']) {
    const browser = await operator(auth, login, '/account/sign-in/')
    for (const path of [...PAGES, `/console/users/${ada.id}/`])
      assert.equal((await browser.open(path)).status, 404, `${login} ${path}`)
    const { text } = browser.page
    const csrfmiddlewaretoken =
      /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(text)?.[1] ?? ''
    const sent = await browser.post('/console/keys/', {
      csrfmiddlewaretoken,
      action: 'rotate',
    })
    assert.ok(sent.status >= 400)
  }
})

test('staff without the permission to view are refused', async (t) => {
  const { auth } = await operated(t)
  await staffWith(auth, 'editor', 'eddie')
  const browser = await operator(auth, 'eddie')
  for (const path of PAGES) assert.equal((await browser.open(path)).status, 403, path)
})

test('staff who may only view cannot change anything', async (t) => {
  const { auth, ada } = await operated(t)
  await staffWith(auth, 'viewer')
  const token = await auth.apiTokens.create(ada.id)
  const browser = await operator(auth, 'viewer')
  const { text } = await browser.open(`/console/users/${ada.id}/`)
  assert.doesNotMatch(text, /name="action"/)
  assert.equal((await browser.open('/console/users/new/')).status, 403)
  for (const action of [
    'deactivate',
    'roles',
    'delete',
    'set-password',
    'impersonate',
    'verify',
  ])
    assert.equal(
      (await act(browser, ada.id, action, { confirm: 'ada' })).status,
      403,
      action,
    )
  const page = await browser.open('/console/explain/')
  const csrfmiddlewaretoken =
    /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  for (const [path, fields] of [
    ['/console/keys/', { action: 'rotate' }],
    ['/console/sessions/', { session: 'x' }],
    ['/console/api-tokens/', { token: token.record.id }],
    ['/console/outbox/', { action: 'drop', message: 'x' }],
    ['/console/users/new/', { username: 'new' }],
  ] as const) {
    const sent = await browser.post(path, { csrfmiddlewaretoken, ...fields })
    assert.equal(sent.status, 403, path)
  }
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)
  assert.equal(await auth.users.find('new'), undefined)
})

test('an older sign-in asks for another one, and the page comes back', async (t) => {
  const { auth, clock, ada } = await operated(t, { console: { fresh: '10m' } })
  const browser = await operator(auth)
  clock.advance(599)
  assert.equal((await browser.open('/console/users/')).status, 200)
  clock.advance(2)
  const asked = await browser.open('/console/users/?q=a')
  assert.match(asked.path, /^\/account\/sign-in\//)
  const again = await browser.submit(
    { button: 'Sign in' },
    { login: 'vitor', password: PASSWORD },
  )
  assert.equal(again.path, '/console/users/?q=a')
  clock.advance(601)
  const page = await act(browser, ada.id, 'deactivate')
  assert.match(page.path, /^\/account\/sign-in\//)
  assert.equal((await auth.users.find('ada'))?.active, true)
})

test('each way of signing in is a way to sign in again', async (t) => {
  const { auth, vitor, mail, clock } = await operated(t, {
    accounts: { signInCodes: true },
    passkeys: true,
  })
  const email = 'vitor@example.com'
  await auth.users.change(vitor.id, { email, emailVerified: true })
  const browser = await operator(auth)
  clock.advance(4000)
  const page = await browser.open('/console/users/')
  for (const way of ['passkey', 'mail']) {
    const [, path = ''] =
      new RegExp(`href="(/account/sign-in/${way}/[^"]*)"`).exec(page.text) ?? []
    await browser.open(path.replaceAll('&amp;', '&'))
    assert.ok(browser.page.path.startsWith(`/account/sign-in/${way}/`), way)
  }
  await browser.submit({ button: 'Send the message' }, { email })
  const link = /https:\/\/app\.example\.com(\/\S+)/.exec(
    (await mail()).at(-1)?.text ?? '',
  )
  await browser.open(link?.[1] ?? '')
  await browser.submit({ button: 'Sign in' })
  assert.equal((await browser.open('/console/users/')).path, '/console/users/')
})

test('a user who acts as staff does not get into the console', async (t) => {
  const { auth } = await operated(t)
  const other = await staffWith(auth, 'helper')
  const browser = await operator(auth)
  const acting = await act(browser, other.id, 'impersonate', { reason: 'a test' })
  assert.match(acting.path, /^\/account\//)
  assert.equal((await browser.open('/console/')).status, 404)
})

test('who has a second factor must have used it', async (t) => {
  const secondFactors = { changeRevokes: 'none' }
  const { auth, vitor, clock } = await operated(t, { secondFactors })
  const browser = await operator(auth)
  const { access } = await auth.signIn(vitor)
  const send = async (path: string, body: object) => {
    const headers = {
      authorization: `Bearer ${access}`,
      'content-type': 'application/json',
    }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await auth.handler(
      new Request(`https://app.example.com${path}`, init),
    )
    return (await response.json()) as Readonly<Record<string, string>>
  }
  const { id, secret = '' } = await send('/auth/totp/', { current_password: PASSWORD })
  const code = () => new TOTP({ secret }).generate({ timestamp: clock.now() * 1000 })
  await send('/auth/totp/confirm/', { id, code: code() })
  clock.advance(60)
  const asked = await browser.open('/console/users/')
  assert.match(asked.path, /^\/account\/sign-in\//)
  await browser.submit({ button: 'Sign in' }, { login: 'vitor', password: PASSWORD })
  assert.match(browser.page.path, /second-factor/)
  const shown = await browser.submit({ button: 'Continue' }, { code: code() })
  assert.equal(shown.path, '/console/users/')
  assert.equal(shown.status, 200)
})

test('a form without its token, or from another site, does nothing', async (t) => {
  const { auth, ada } = await operated(t)
  const browser = await operator(auth)
  const path = `/console/users/${ada.id}/`
  const page = await browser.open(path)
  const csrfmiddlewaretoken =
    /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  assert.equal((await browser.post(path, { action: 'deactivate' })).status, 403)
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const sent = await browser.post(
    path,
    { csrfmiddlewaretoken, action: 'deactivate' },
    foreign,
  )
  assert.equal(sent.status, 403)
  assert.equal((await auth.users.find('ada'))?.active, true)
  const own = await browser.post(path, { csrfmiddlewaretoken, action: 'deactivate' })
  assert.match(wordsOf(own), /The user was deactivated/)
})

test('without the option there is no console', async (t) => {
  const { auth } = await operated(t, { console: false })
  const browser = await operator(auth, 'vitor', '/account/sign-in/')
  for (const path of PAGES) assert.equal((await browser.open(path)).status, 404)
})

test('a store that does not answer is a page that says when to try again', async (t) => {
  const { auth, faults } = await operated(t)
  const browser = await operator(auth)
  faults.failAll()
  const { status, headers, text } = await browser.open('/console/users/')
  assert.equal(status, 503)
  assert.ok(headers.get('retry-after'))
  assert.match(text, /<h1>/)
})
