import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenIn } from '../site.ts'
import { addTotp, EMAIL, PASSWORD, type Signed, signedIn } from './setup.ts'

/** Sends digits to ada's own address from the page that confirms users. @returns them */
async function ownDigits({ browser, mail }: Signed): Promise<string> {
  const csrfmiddlewaretoken = tokenIn(browser.page.text)
  await browser.post('/account/again/code/', { csrfmiddlewaretoken, again: 'yes' })
  const sent = (await mail()).findLast(({ to }) => to === EMAIL)
  return /\b\d{6}\b/.exec(sent?.text ?? '')?.[0] ?? ''
}

const methodsOf = async ({ auth, ada }: Signed) =>
  (await auth.sessions.list(ada.id))
    .filter(({ revokedAt }) => revokedAt === undefined)
    .map(({ amr }) => amr)

test('a message does not stand for the second factor that a session lacks', async (t) => {
  const it = await signedIn(t)
  await addTotp(it)
  it.clock.advance(1200)
  const { browser } = it
  await browser.open('/account/again/')
  const code = await ownDigits(it)
  assert.notEqual(code, '')
  const csrfmiddlewaretoken = tokenIn(browser.page.text)
  await browser.post('/account/again/code/', { csrfmiddlewaretoken, code })
  assert.equal(browser.page.path, '/account/second-factor/')
  assert.deepEqual(await methodsOf(it), [['pwd']])
})

test('nor does the password after a sign-in by mail', async (t) => {
  const it = await signedIn(t)
  const { browser, clock } = it
  await browser.open('/account/sign-out/')
  await browser.submit({ action: '/account/sign-out/' })
  await browser.open('/account/sign-in/mail/')
  await browser.submit({ action: '/account/sign-in/mail/' }, { email: EMAIL })
  const mail = (await it.mail()).findLast(({ to }) => to === EMAIL)
  const [, path = ''] = /https:\/\/app\.example\.com(\/\S+)/.exec(mail?.text ?? '') ?? []
  await browser.open(path)
  await browser.submit({ button: 'Sign in' })
  await addTotp(it)
  clock.advance(1200)
  await browser.open('/account/again/')
  const csrfmiddlewaretoken = tokenIn(browser.page.text)
  const fields = { csrfmiddlewaretoken, current_password: PASSWORD }
  await browser.post('/account/again/', fields)
  assert.match(browser.page.path, /^\/account\/second-factor\//)
  assert.deepEqual(await methodsOf(it), [['link']])
})
