import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMAIL, NEW_PASSWORD, PASSWORD, type PageApp, pageApp } from './setup.ts'
import { testBrowser, tokenIn, wordsOf } from './site.ts'

for (const signUp of ['off', 'invitation'] as const)
  test(`nobody signs up with a form that was not shown: signUp is ${signUp}`, async () => {
    await using it = await pageApp({ accounts: { signUp } })
    const { browser, instance } = it
    await browser.open('/account/sign-in/')
    await browser.post('/account/sign-up/', {
      csrfmiddlewaretoken: tokenIn(browser.page.text),
      username: 'eve',
      email: 'eve@example.com',
      password: PASSWORD,
    })
    assert.equal(browser.page.status, 403)
    assert.equal(await instance.auth.users.find('eve'), undefined)
  })

/** Opens a page in another tab: the page that is shown stays as it is. */
async function inAnotherTab({ browser, instance }: PageApp, path: string): Promise<void> {
  const other = testBrowser(instance.auth)
  for (const [name, value] of browser.cookies) other.cookies.set(name, value)
  await other.open(path)
  for (const [name, value] of other.cookies) browser.cookies.set(name, value)
}

const addEve = ({ instance }: PageApp) =>
  instance.auth.users.create({
    username: 'eve',
    email: 'eve@example.com',
    emailVerified: true,
    password: PASSWORD,
  })

const mailed = async (it: PageApp, path: string, to: string): Promise<string> => {
  const other = testBrowser(it.instance.auth)
  await other.open(path)
  await other.submit({ action: path }, { email: to })
  return it.link(to)
}

test('a button signs in whom its page names, whatever link was opened meanwhile', async () => {
  await using it = await pageApp()
  await addEve(it)
  const hers = await mailed(it, '/account/sign-in/mail/', 'eve@example.com')
  await it.browser.open(await mailed(it, '/account/sign-in/mail/', EMAIL))
  assert.match(wordsOf(it.browser.page), /ada/)
  await inAnotherTab(it, hers)
  await it.browser.submit({ button: 'Sign in' })
  assert.equal(it.browser.page.heading, 'This link does not work')
  assert.ok(!it.browser.cookies.has('__Host-sessionid'))
})

test('a form sets the password of the link that it was shown for', async () => {
  await using it = await pageApp()
  await addEve(it)
  const hers = await mailed(it, '/account/forgot-password/', 'eve@example.com')
  await it.browser.open(await mailed(it, '/account/forgot-password/', EMAIL))
  await inAnotherTab(it, hers)
  await it.browser.submit({ button: 'Save' }, { password: NEW_PASSWORD })
  assert.notEqual(it.browser.page.path, '/account/done/?what=password-saved')
  const { users } = it.instance.auth
  for (const name of ['ada', 'eve']) {
    const { id = '' } = (await users.find(name)) ?? {}
    assert.ok(await users.checkPassword(id, PASSWORD))
  }
})

test('an invitation that was opened meanwhile is not that of a form which was shown without one', async () => {
  await using it = await pageApp()
  await it.instance.auth.users.invite({ email: 'eve@example.com', roles: [] })
  const invitation = await it.link('eve@example.com')
  await it.browser.open('/account/sign-up/')
  await inAnotherTab(it, invitation)
  const fields = { username: 'bob', email: 'bob@example.com', password: PASSWORD }
  await it.browser.submit({ button: 'Create account' }, fields)
  const bob = await it.instance.auth.users.find('bob')
  assert.equal(bob?.email, 'bob@example.com')
})

test('no page sets a cookie that browsers drop because it is too long', async () => {
  await using it = await pageApp()
  const email = `${'a'.repeat(5000)}@example.com`
  for (const [path, button] of [
    ['/account/confirm/', 'Send it again'],
    ['/account/sign-in/mail/', 'Send the message'],
    ['/account/forgot-password/', 'Send the message'],
  ] as const) {
    await it.browser.open(path)
    await it.browser.submit({ button }, { email })
    assert.equal(it.browser.page.status, 400, path)
  }
  await it.browser.open(`/account/login/?token=${'a'.repeat(6000)}`)
  for (const value of it.browser.cookies.values()) assert.ok(value.length < 3800)
})
