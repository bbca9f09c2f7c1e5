import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBrowser, wordsOf } from '../site.ts'
import {
  hiddenValue,
  idsIn,
  PASSWORD,
  SAFARI,
  type Signed,
  signedIn,
  signIn,
} from './setup.ts'

const phoneOf = async ({ auth }: Signed) => {
  const phone = testBrowser(auth)
  await signIn(phone, { agent: SAFARI })
  return phone
}

const partOf = (text: string, id: string): string =>
  new RegExp(`<section id="${id}".*?</section>`, 's').exec(text)?.[0] ?? ''

test('the devices are named in words, this one first, and no place is shown without the option geo', async (t) => {
  const app = await signedIn(t)
  await phoneOf(app)
  const { text } = await app.browser.open('/account/')
  const items = [...partOf(text, 'sessions').matchAll(/<li>.*?<\/li>/gs)].map(([item]) =>
    wordsOf({ text: item }).trim(),
  )
  assert.equal(items.length, 2)
  assert.match(items[0] ?? '', /^Firefox on Linux .*this device$/)
  assert.match(items[1] ?? '', /^Safari on iPhone .*Sign out Safari on iPhone$/)
  assert.match(items[1] ?? '', /signed in 1 January 2030 at 00:00 UTC/)
})

test('the place of an address is what the option geo says; if it fails it is left out', async (t) => {
  const asked: string[] = []
  const places: readonly (() => unknown)[] = [
    () => 'Turin, Italy',
    async () => 'Turin, Italy',
    () => undefined,
    () => {
      throw new Error('no such database')
    },
    async () => Promise.reject(new Error('timed out')),
    () => 7,
  ]
  for (const [i, place] of places.entries()) {
    const app = await signedIn(t, {
      pages: {
        geo(address) {
          asked.push(address)
          return place() as string
        },
      },
    })
    const { text, status } = app.browser.page
    assert.equal(status, 200)
    assert.equal(/Turin, Italy/.test(text), i < 2 && asked.length > 0, String(i))
  }
})

test('one device is signed out, or all others', async (t) => {
  const app = await signedIn(t)
  const { browser } = app
  const [phone, tablet, other] = [
    await phoneOf(app),
    await phoneOf(app),
    await phoneOf(app),
  ]
  await browser.open('/account/')
  const [id = ''] = idsIn(browser.page.text, 'sessions')
  await browser.submit({ action: `/account/sessions/${id}/` })
  assert.equal(browser.page.path, '/account/?done=session')
  assert.match(wordsOf(browser.page), /The device was signed out\./)
  const live = async () => {
    const all = await Promise.all(
      [phone, tablet, other].map((each) => each.open('/account/')),
    )
    return all.filter(({ path }) => path === '/account/').length
  }
  assert.equal(await live(), 2)

  await browser.submit({ action: '/account/sessions/' })
  assert.equal(browser.page.path, '/account/?done=sessions')
  assert.equal(await live(), 0)
  assert.match(wordsOf(browser.page), /No other device is signed in/)
})

test("another user's session is not found, and goes on", async (t) => {
  const app = await signedIn(t)
  await app.auth.users.create({ username: 'grace', password: PASSWORD })
  const grace = testBrowser(app.auth)
  await signIn(grace, { login: 'grace' })
  await phoneOf(app)
  const [id = ''] = idsIn((await app.browser.open('/account/')).text, 'sessions')
  const csrfmiddlewaretoken = hiddenValue(grace.page.text, 'csrfmiddlewaretoken')
  for (const each of [id, 'x', '0'.repeat(32)]) {
    const path = `/account/sessions/${each}/`
    assert.equal((await grace.post(path, { csrfmiddlewaretoken })).status, 404, each)
  }
  assert.equal(idsIn((await app.browser.open('/account/')).text, 'sessions').length, 1)
})

test('ten sessions and tokens are on the account, and all on pages of their own', async (t) => {
  const app = await signedIn(t)
  for (let i = 0; i < 11; i++) {
    await phoneOf(app)
    await app.auth.apiTokens.create(app.ada.id, { name: `token ${i}` })
  }
  const { text } = await app.browser.open('/account/')
  assert.equal(idsIn(text, 'sessions').length, 9)
  assert.match(text, /<a class="btn" href="\/account\/sessions\/">Show all 12<\/a>/)
  assert.match(text, /<a class="btn" href="\/account\/tokens\/">Show all 11<\/a>/)
  assert.equal(
    idsIn((await app.browser.open('/account/sessions/')).text, 'sessions').length,
    11,
  )
  assert.equal(
    idsIn((await app.browser.open('/account/tokens/')).text, 'tokens').length,
    11,
  )
})

test('a token is created with a name, scopes and an end, and shown once', async (t) => {
  const { browser, auth, ada } = await signedIn(t)
  await browser.open('/account/tokens/new/')
  await browser.submit(
    { action: '/account/tokens/new/' },
    { name: 'nightly export', scopes: 'notes.read', expires_in: '30d' },
  )
  assert.equal(browser.page.status, 200)
  assert.match(wordsOf(browser.page), /The token “nightly export” was created/)
  const token = /<code class="secret"[^>]*>(ww_[\w-]{43})<\/code>/.exec(
    browser.page.text,
  )?.[1]
  assert.ok(token)
  const [stored] = await auth.apiTokens.list(ada.id)
  assert.deepEqual(
    [stored?.name, stored?.scopes, (stored?.expiresAt ?? 0) - (stored?.createdAt ?? 0)],
    ['nightly export', ['notes.read'], 30 * 86_400],
  )
  const account = await browser.open('/account/')
  assert.ok(!account.text.includes(token))
  assert.match(
    wordsOf(account),
    /nightly export ww_.{8}… · may notes\.read · Added 1 January 2030 · expires 31 January 2030/,
  )
})

test('a token needs a name, and takes only scopes and ends that are offered', async (t) => {
  const { browser, auth, ada } = await signedIn(t)
  const send = async (fields: Record<string, string>) => {
    await browser.open('/account/tokens/new/')
    return browser.submit(
      { action: '/account/tokens/new/' },
      { name: 'x', access: 'full', expires_in: 'never', ...fields },
    )
  }
  assert.match((await send({ name: '' })).text, /<a href="#name">/)
  const scope = await send({ scopes: 'admin', access: '' })
  assert.equal(scope.status, 400)
  assert.match(scope.text, /<a href="#scopes">/)
  assert.match((await send({ expires_in: '99y' })).text, /<a href="#expires_in">/)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
})

test('a token may do everything only if that was chosen', async (t) => {
  const { browser, auth, ada } = await signedIn(t)
  const send = async (fields: Record<string, string>) => {
    await browser.open('/account/tokens/new/')
    const all = { name: 'x', expires_in: 'never', ...fields }
    return browser.submit({ action: '/account/tokens/new/' }, all)
  }
  const missing = await send({})
  assert.equal(missing.status, 400)
  assert.match(wordsOf(missing), /Choose what the token may do\./)
  const both = await send({ access: 'full', scopes: 'notes.read' })
  assert.match(wordsOf(both), /Choose full access, or single permissions\./)
  assert.match(both.text, /value="full" checked/)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
  await send({ access: 'full' })
  assert.deepEqual((await auth.apiTokens.list(ada.id))[0]?.scopes, [])
  assert.match(wordsOf(await browser.open('/account/')), /· full access ·/)
})

test('without scopes to choose from the page says that the token may do everything', async (t) => {
  const { browser, auth, ada } = await signedIn(t, { accounts: true })
  const page = await browser.open('/account/tokens/new/')
  assert.match(wordsOf(page), /The token may do everything that you may do\./)
  const fields = { name: 'x', expires_in: 'never' }
  await browser.submit({ action: '/account/tokens/new/' }, fields)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)
})

test("a token is revoked, and another user's is not found", async (t) => {
  const app = await signedIn(t)
  const { auth, ada, browser } = app
  const { token } = await auth.apiTokens.create(ada.id, { name: 'backup' })
  await auth.users.create({ username: 'grace', password: PASSWORD })
  const grace = testBrowser(auth)
  await signIn(grace, { login: 'grace' })
  const [id = ''] = idsIn((await browser.open('/account/')).text, 'tokens')
  const path = `/account/tokens/${id}/`
  const csrfmiddlewaretoken = hiddenValue(grace.page.text, 'csrfmiddlewaretoken')
  assert.equal((await grace.post(path, { csrfmiddlewaretoken })).status, 404)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)

  await browser.submit({ action: path })
  assert.equal(browser.page.path, '/account/?done=token_revoked')
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
  assert.equal(
    (
      await browser.post(path, {
        csrfmiddlewaretoken: hiddenValue(browser.page.text, 'csrfmiddlewaretoken'),
      })
    ).status,
    404,
  )
  assert.ok(token)
})
