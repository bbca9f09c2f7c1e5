import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBrowser, wordsOf } from '../site.ts'
import { addTotp, hiddenValue, PASSWORD, signedIn, signIn } from './setup.ts'

test('the export is a file with everything of the user, and no secret', async (t) => {
  const app = await signedIn(t)
  const { browser, auth, ada } = app
  await addTotp(app)
  const { token } = await auth.apiTokens.create(ada.id, { name: 'backup' })
  await browser.open('/account/export/')
  await browser.submit({ action: '/account/export/' })
  const { headers, text, status } = browser.page
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(
    headers.get('content-disposition'),
    'attachment; filename="account-2030-01-01.json"',
  )
  assert.equal(headers.get('cache-control'), 'no-store')
  const data = JSON.parse(text)
  assert.equal(data.user.username, 'ada')
  assert.equal(data.sessions.length, 1)
  assert.equal(data.api_tokens[0].name, 'backup')
  assert.ok(data.events.some(({ kind }: { kind: string }) => kind === 'user_exported'))
  const secrets = [token, PASSWORD, browser.cookies.get('__Host-sessionid') ?? 'x']
  for (const secret of secrets) assert.ok(!text.includes(secret))
})

test('an account is deleted once its name was typed, and all its browsers are signed out', async (t) => {
  const { browser, auth, ada } = await signedIn(t)
  const phone = testBrowser(auth)
  await signIn(phone)
  await browser.open('/account/delete/')
  assert.match(wordsOf(browser.page), /This cannot be undone/)
  for (const username of ['', 'Ada', 'grace']) {
    const kept = await browser.submit({ action: '/account/delete/' }, { username })
    assert.equal(kept.status, 400)
    assert.match(kept.text, /<a href="#username">/)
  }
  assert.notEqual(await auth.users.find({ id: ada.id }), undefined)

  await browser.submit({ action: '/account/delete/' }, { username: 'ada' })
  assert.equal(browser.page.path, '/account/deleted/')
  assert.equal(browser.page.heading, 'Your account is deleted')
  assert.ok(!browser.cookies.has('__Host-sessionid'))
  assert.equal(await auth.users.find({ id: ada.id }), undefined)
  assert.match((await phone.open('/account/')).path, /sign-in/)
})

test('nothing that was shown once is shown by a page that is opened', async (t) => {
  const app = await signedIn(t)
  const { secret, recoveryCodes } = await addTotp(app)
  const { browser } = app
  const paths = [
    '',
    'sessions/',
    'tokens/',
    'authenticators/new/',
    'recovery-codes/',
    'export/',
  ]
  for (const below of paths) {
    const { text } = await browser.open(`/account/${below}`)
    for (const each of [secret, ...recoveryCodes]) assert.ok(!text.includes(each), below)
  }
  assert.equal(hiddenValue(browser.page.text, 'secret'), '')
})
