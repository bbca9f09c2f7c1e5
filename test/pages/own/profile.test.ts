import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountPage, html } from '../../../src/pages.ts'
import { testInstance } from '../../../src/testing/index.ts'
import { ORIGIN, testBrowser, wordsOf } from '../site.ts'
import { ALL_OPTIONS, EMAIL, PASSWORD, SAFARI, signedIn, signIn } from './setup.ts'

const FIELDS = {
  nickname: 'string?',
  bio: 'string',
  age: 'number?',
  born: 'date?',
  newsletter: 'boolean',
  plays: 'boolean?',
} as const

test('the account has a section for each option, and no other', async (t) => {
  const sections = ({ text }: { readonly text: string }) =>
    [...text.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id)
  const all = await signedIn(t)
  assert.deepEqual(sections(all.browser.page), [
    'profile',
    'password',
    'passkeys',
    'secondFactor',
    'sessions',
    'tokens',
    'data',
    'deleteAccount',
  ])
  const menu = [...all.browser.page.text.matchAll(/href="\/account\/#(\w+)"/g)]
  assert.deepEqual(
    menu.map(([, id]) => id),
    sections(all.browser.page),
  )

  const few = await signedIn(t, { passkeys: false, secondFactors: false })
  assert.deepEqual(sections(few.browser.page), [
    'profile',
    'password',
    'sessions',
    'tokens',
    'data',
    'deleteAccount',
  ])
  for (const below of ['passkeys/new/', 'authenticators/new/', 'recovery-codes/'])
    assert.equal((await few.browser.open(`/account/${below}`)).status, 404, below)

  const none = await signedIn(t, {
    accounts: false,
    passkeys: false,
    secondFactors: false,
  })
  assert.deepEqual(sections(none.browser.page), [])
  assert.equal(none.browser.page.heading, 'My account')
})

test('each field of the option user has the input of its type', async (t) => {
  const { browser } = await signedIn(t, {
    user: { ...FIELDS, bio: 'string?', newsletter: 'boolean?' },
  })
  const { text } = browser.page
  const input = (name: string) =>
    new RegExp(`<(?:input|select)[^>]*id="profile-${name}"[^>]*>`).exec(text)?.[0] ?? ''
  assert.match(input('nickname'), /type="text".*autocomplete="nickname"/)
  assert.match(input('age'), /type="number"/)
  assert.match(input('age'), /step="any"/)
  assert.match(input('born'), /type="date".*autocomplete="bday"/)
  assert.match(input('plays'), /^<select/)
  assert.match(text, /<label for="profile-nickname">Nickname<\/label>/)
})

test('the profile is saved with the types of its fields, and what is left empty is removed', async (t) => {
  const app = await withFields(t)
  const { browser, auth, ada } = app
  await browser.submit(
    { action: '/account/profile/' },
    {
      username: 'countess',
      nickname: 'Ada',
      bio: 'Notes',
      age: '36.5',
      born: '1815-12-10',
      newsletter: 'true',
      plays: 'false',
    },
  )
  assert.equal(browser.page.path, '/account/?done=profile')
  assert.match(wordsOf(browser.page), /Your profile was saved\./)
  const stored = await auth.users.find({ id: ada.id })
  assert.equal(stored?.username, 'countess')
  assert.deepEqual(stored?.attributes, {
    nickname: 'Ada',
    bio: 'Notes',
    age: 36.5,
    born: '1815-12-10',
    newsletter: true,
    plays: false,
  })

  const fields = { nickname: '', age: '', born: '', plays: '', bio: '' }
  await browser.post('/account/profile/', {
    ...fields,
    username: 'countess',
    csrfmiddlewaretoken: tokenOf(browser.page.text),
  })
  assert.deepEqual((await auth.users.find({ id: ada.id }))?.attributes, {
    bio: '',
    newsletter: false,
  })
})

const tokenOf = (text: string): string =>
  /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(text)?.[1] ?? ''

async function withFields(t: Parameters<typeof signedIn>[0]) {
  const instance = testInstance({ ...ALL_OPTIONS, user: FIELDS })
  t.after(() => instance.auth.close())
  const ada = await instance.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    attributes: { bio: '', newsletter: false },
  })
  const browser = testBrowser(instance.auth)
  await signIn(browser)
  return { ...instance, ada, browser }
}

test('a field with a wrong value shows the page again, with what was typed and a link to the field', async (t) => {
  const { browser, auth, ada } = await withFields(t)
  await browser.submit(
    { action: '/account/profile/' },
    { username: 'ada', bio: 'x', age: 'many', born: '1815-13-41' },
  )
  const { page } = browser
  assert.equal(page.status, 400)
  assert.match(page.text, /<title>Error: My account &ndash; Notes<\/title>/)
  for (const name of ['age', 'born']) {
    assert.match(page.text, new RegExp(`<a href="#profile-${name}">`), name)
    assert.match(
      page.text,
      new RegExp(`id="profile-${name}"[^>]*aria-invalid="true"`),
      name,
    )
  }
  assert.match(page.text, /id="profile-age"[^>]*value="many"/)
  const stored = await auth.users.find({ id: ada.id })
  assert.deepEqual(
    [stored?.username, stored?.attributes],
    ['ada', { bio: '', newsletter: false }],
  )
})

test('a username with other characters is refused at its field', async (t) => {
  const { browser } = await signedIn(t)
  for (const username of ['', 'a b', '<b>', 'a'.repeat(151)]) {
    await browser.open('/account/')
    await browser.submit({ action: '/account/profile/' }, { username })
    assert.equal(browser.page.status, 400, username)
    assert.match(browser.page.text, /<a href="#profile-username">/, username)
  }
})

test('only the fields that users set themselves are shown, and others are not taken', async (t) => {
  const { browser, auth, ada } = await signedIn(t, {
    user: { nickname: 'string?', credit: 'number?' },
    accounts: { fields: ['nickname'] },
  })
  assert.doesNotMatch(browser.page.text, /credit/i)
  await browser.submit(
    { action: '/account/profile/' },
    { nickname: 'Ada', credit: '1000', staff: 'true', email: 'x@example.org' },
  )
  const stored = await auth.users.find({ id: ada.id })
  assert.deepEqual(stored?.attributes, { nickname: 'Ada' })
  assert.deepEqual([stored?.staff, stored?.email], [false, EMAIL])
})

test('a username that is taken is refused at its field', async (t) => {
  const { browser, auth } = await signedIn(t)
  await auth.users.create({ username: 'grace' })
  await browser.submit({ action: '/account/profile/' }, { username: 'Grace' })
  assert.equal(browser.page.status, 400)
  assert.match(wordsOf(browser.page), /This username is taken/)
})

test('a new password signs the other devices out, and this one stays', async (t) => {
  const { browser, auth } = await signedIn(t)
  const phone = testBrowser(auth)
  await signIn(phone, { agent: SAFARI })
  await browser.submit(
    { action: '/account/password/' },
    { current_password: PASSWORD, new_password: 'another long phrase' },
  )
  assert.equal(browser.page.path, '/account/?done=password')
  assert.equal(
    (await phone.open('/account/')).path,
    '/account/sign-in/?next=%2Faccount%2F',
  )
  assert.equal((await browser.open('/account/')).heading, 'My account')
  assert.equal(
    await auth.users.checkPassword(
      (await auth.users.find({ username: 'ada' }))?.id ?? '',
      'another long phrase',
    ),
    true,
  )
})

test('a wrong or a weak password is refused at its field, and none is shown again', async (t) => {
  const { browser } = await signedIn(t)
  const send = (current_password: string, new_password: string) =>
    browser.submit({ action: '/account/password/' }, { current_password, new_password })

  const wrong = await send('a wrong password', 'another long phrase')
  assert.equal(wrong.status, 400)
  assert.match(
    wrong.text,
    /<a href="#password-current_password">This password is not correct\.<\/a>/,
  )
  assert.doesNotMatch(wrong.text, /a wrong password|another long phrase/)

  const weak = await send(PASSWORD, '12345678')
  assert.equal(weak.status, 400)
  assert.match(weak.text, /<a href="#password-new_password">/)

  const missing = await send('', '')
  assert.match(missing.text, /<a href="#password-current_password">Enter a value\.<\/a>/)
  assert.match(missing.text, /<a href="#password-new_password">Enter a value\.<\/a>/)
})

test('after too many wrong passwords the page says when to try again', async (t) => {
  const { browser } = await signedIn(t)
  const fields = { current_password: 'wrong one', new_password: 'another long phrase' }
  for (let i = 0; i < 6; i++) {
    await browser.open('/account/')
    await browser.submit({ action: '/account/password/' }, fields)
  }
  assert.equal(browser.page.status, 429)
  assert.match(browser.page.headers.get('retry-after') ?? '', /^\d+$/)
  assert.match(
    wordsOf(browser.page),
    /Too many attempts Try again in .* at \d\d:\d\d UTC/,
  )
})

test('a user without a password gets a link to set one', async (t) => {
  const { browser, auth, mail } = await signedIn(t)
  await auth.users.create({
    username: 'grace',
    email: 'grace@example.org',
    emailVerified: true,
  })
  const grace = testBrowser(auth)
  await grace.open('/account/sign-in/mail/')
  await grace.submit({ action: '/account/sign-in/mail/' }, { email: 'grace@example.org' })
  const [sent] = (await mail()).filter(({ to }) => to === 'grace@example.org')
  await grace.open(/https:\/\/app\.example\.com(\S+)/.exec(sent?.text ?? '')?.[1] ?? '')
  await grace.submit({ button: 'Sign in' })
  assert.match(wordsOf(await grace.open('/account/')), /Your account has no password/)
  assert.match(grace.page.text, /href="\/account\/forgot-password\/"/)
  assert.doesNotMatch(wordsOf(await browser.open('/account/')), /has no password/)
})

test('the pages are in German for a browser that asks for it', async (t) => {
  const { browser } = await signedIn(t)
  const german = { 'accept-language': 'de-DE,de;q=0.9,en;q=0.5' }
  const { text, heading } = await browser.open('/account/', german)
  assert.match(text, /<html lang="de">/)
  assert.equal(heading, 'Mein Konto')
  const wrong = await browser.submit(
    { action: '/account/password/' },
    { current_password: 'wrong', new_password: '12345678' },
    german,
  )
  assert.doesNotMatch(wrong.text, /password is|Enter a value/)
})

test('pages are private: not cached, and other browsers are asked to sign in', async (t) => {
  const { browser, auth } = await signedIn(t)
  const { headers } = await browser.open('/account/')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
  const other = testBrowser(auth)
  for (const below of ['', 'sessions/', 'tokens/new/', 'export/', 'delete/'])
    assert.equal(
      (await other.open(`/account/${below}`)).path,
      `/account/sign-in/?next=${encodeURIComponent(`/account/${below}`)}`,
    )
})

test('the addresses follow the option path', async (t) => {
  const instance = testInstance({ ...ALL_OPTIONS, pages: { path: '/me' } })
  t.after(() => instance.auth.close())
  await instance.auth.users.create({ username: 'ada', password: PASSWORD })
  const browser = testBrowser(instance.auth, ORIGIN)
  await browser.open('/me/sign-in/')
  await browser.submit({ action: '/me/sign-in/' }, { login: 'ada', password: PASSWORD })
  assert.equal(browser.page.path, '/me/')
  assert.doesNotMatch(browser.page.text, /"\/account\//)
})

test('the function of a page can be replaced', async (t) => {
  const { browser } = await signedIn(t, {
    pages: {
      render: {
        account: ({ profile }, page) =>
          accountPage(page, {
            title: 'Mine',
            menu: [],
            main: html`<h1>The page of ${profile?.username}</h1>`,
          }),
      },
    },
  })
  assert.equal(browser.page.heading, 'The page of ada')
})
