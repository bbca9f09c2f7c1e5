import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { internalsOf } from '../../src/instance/internals.ts'
import {
  type TestInstance,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { ORIGIN, testBrowser, tokenIn, wordsOf } from '../pages/site.ts'
import { PASSWORD } from './operator.ts'

function site(t: TestContext, more: TestOptions = {}): TestInstance {
  const options = { console: true, url: ORIGIN, endpoints: {}, ...more }
  const instance = testInstance(options) as unknown as TestInstance
  cleanUp(t, () => instance.auth.close())
  return instance
}

/** What a server prints when it starts. */
async function linkOf({ auth }: TestInstance): Promise<string> {
  const [note = ''] = await internalsOf(auth).startNotes(ORIGIN)
  return (
    /https:\/\/app\.example\.com(\/console\/first\/\?token=[\w-]{43})$/.exec(note)?.[1] ??
    ''
  )
}

test('a server without staff prints a link, with which one superuser is created', async (t) => {
  const it = site(t)
  const { auth, log } = it
  await auth.users.create({ username: 'ada' })
  const link = await linkOf(it)
  const browser = testBrowser(auth)
  const page = await browser.open(link)
  assert.equal(page.status, 200)
  const weak = await browser.submit(
    { button: 'Create the administrator' },
    { username: 'vitor', password: 'short' },
  )
  assert.equal(weak.status, 400)
  const taken = await browser.submit(
    { button: 'Create the administrator' },
    { username: 'ada', password: PASSWORD },
  )
  assert.match(wordsOf(taken), /already exists/)
  const done = await browser.submit(
    { button: 'Create the administrator' },
    { username: 'vitor', password: PASSWORD },
  )
  assert.equal(done.path, '/account/sign-in/?next=%2Fconsole%2F')
  await browser.submit({ button: 'Sign in' }, { login: 'vitor', password: PASSWORD })
  assert.equal(browser.page.path, '/console/')
  const user = await auth.users.find('vitor')
  assert.deepEqual([user?.staff, user?.superuser], [true, true])
  const events = await auth.events.list({ userId: user?.id ?? '', kind: 'user_created' })
  assert.deepEqual(events[0]?.detail, { by: 'first link' })
  const redeemed = await auth.events.list({ kind: 'code_redeemed' })
  assert.deepEqual(redeemed[0]?.detail, { purpose: 'first_administrator' })
  assert.equal(await linkOf(it), '', 'staff exists')
  const again = await testBrowser(auth).open(link)
  assert.notEqual(again.status, 200)
  assert.ok(!JSON.stringify(log).includes(link.split('=')[1] ?? '-'))
})

test('the first administrator has the fields that users must have', async (t) => {
  const it = site(t, {
    user: { team: 'string', born: 'date', role: 'string?' },
    users: { loginField: 'email' },
  })
  const { auth } = it
  const browser = testBrowser(auth)
  await browser.open(await linkOf(it))
  const create = (fields: Record<string, string>) =>
    browser.submit(
      { button: 'Create the administrator' },
      { username: 'vitor', password: PASSWORD, ...fields },
    )
  const missing = await create({ 'field-team': 'blue', 'field-born': '1815-12-10' })
  assert.equal(missing.status, 400)
  assert.match(missing.text, /<a href="#email">This field is required/)
  const empty = await create({ email: 'vitor@example.com', 'field-born': 'soon' })
  assert.equal(empty.status, 400)
  assert.match(empty.text, /<a href="#field-born">Date has wrong format/)
  assert.match(empty.text, /name="field-team" [^>]*value="blue"/)
  const done = await create({
    email: 'vitor@example.com',
    'field-team': 'blue',
    'field-born': '1815-12-10',
  })
  assert.equal(done.path, '/account/sign-in/?next=%2Fconsole%2F')
  const user = await auth.users.find('vitor')
  assert.deepEqual(user?.attributes, { team: 'blue', born: '1815-12-10' })
  await browser.submit(
    { button: 'Sign in' },
    { login: 'vitor@example.com', password: PASSWORD },
  )
  assert.equal(browser.page.path, '/console/')
})

test('opening the link does nothing but show the form', async (t) => {
  const it = site(t)
  const link = await linkOf(it)
  for (let n = 0; n < 3; n++)
    assert.equal((await testBrowser(it.auth).open(link)).status, 200)
  assert.equal(await it.auth.users.count(), 0)
  assert.equal((await it.auth.events.list({ kind: 'code_redeemed' })).length, 0)
})

test('the link is refused if a member of staff appears while its form is answered', async (t) => {
  const appear = { run: async () => {} }
  const breached = async () => {
    await appear.run()
    return false
  }
  const it = site(t, { users: { breached } })
  const browser = testBrowser(it.auth)
  await browser.open(await linkOf(it))
  appear.run = async () => {
    await it.auth.users.create({ username: 'ada', staff: true })
  }
  const refused = await browser.submit(
    { button: 'Create the administrator' },
    { username: 'vitor', password: PASSWORD },
  )
  assert.equal(refused.status, 400)
  assert.equal(await it.auth.users.find('vitor'), undefined)
})

test('of several who send the form of the link one is created', async (t) => {
  const it = site(t)
  const link = await linkOf(it)
  const token = link.split('=')[1] ?? ''
  const pages = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const browser = testBrowser(it.auth)
      const csrfmiddlewaretoken = tokenIn((await browser.open(link)).text)
      const fields = { csrfmiddlewaretoken, token, password: PASSWORD }
      return browser.post('/console/first/', { ...fields, username: `admin${n}` })
    }),
  )
  assert.equal((await it.auth.users.list()).length, 1)
  assert.equal(pages.filter(({ path }) => path.startsWith('/account/sign-in/')).length, 1)
  assert.ok(pages.every(({ status }) => status === 200 || status === 400))
})

test('a link is refused if it is superseded, too old, wrong, or staff was created meanwhile', async (t) => {
  const it = site(t)
  const { auth, clock } = it
  const first = await linkOf(it)
  const second = await linkOf(it)
  const statusOf = async (link: string) => (await testBrowser(auth).open(link)).status
  assert.equal(await statusOf(second), 200)
  for (const link of [first, '/console/first/', '/console/first/?token=x'])
    assert.notEqual(await statusOf(link), 200)
  const browser = testBrowser(auth)
  await browser.open(second)
  await auth.users.create({ username: 'sue', staff: true })
  const late = await browser.submit(
    { button: 'Create the administrator' },
    { username: 'vitor', password: PASSWORD },
  )
  assert.equal(late.status, 400)
  assert.match(wordsOf(late), /This link is not valid/)
  await auth.users.delete((await auth.users.find('sue'))?.id ?? '')
  assert.equal(await statusOf(second), 200)
  clock.advance(3601)
  assert.notEqual(await statusOf(second), 200)
  assert.equal((await auth.users.list()).length, 0)
})
