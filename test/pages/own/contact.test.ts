import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBrowser, wordsOf } from '../site.ts'
import { ALL_OPTIONS, EMAIL, SAFARI, signedIn, signIn } from './setup.ts'

const NEW = 'ada@new.example'
const linkIn = (text = ''): string =>
  /https:\/\/app\.example\.com(\S+)/.exec(text)?.[1] ?? ''

test('another address waits until its link is opened and confirmed, and the other devices are signed out', async (t) => {
  const { browser, auth, mail, ada } = await signedIn(t)
  const phone = testBrowser(auth)
  await signIn(phone, { agent: SAFARI })
  await browser.open('/account/email/')
  await browser.submit({ action: '/account/email/' }, { email: NEW })
  assert.equal(browser.page.path, '/account/?done=email')
  assert.match(wordsOf(browser.page), new RegExp(`${EMAIL} ${NEW} replaces it`))
  assert.equal((await auth.users.find({ id: ada.id }))?.email, EMAIL)

  const sent = (await mail()).find(({ to }) => to === NEW)
  await browser.open(linkIn(sent?.text))
  assert.equal((await auth.users.find({ id: ada.id }))?.email, EMAIL)
  await browser.submit({ button: 'Use this address' })
  const changed = await auth.users.find({ id: ada.id })
  assert.equal(changed?.email, NEW)
  assert.notEqual(changed?.emailVerifiedAt, undefined)

  const account = await browser.open('/account/')
  assert.match(wordsOf(account), new RegExp(`${NEW} Used for messages`))
  assert.match((await phone.open('/account/')).path, /sign-in/)
})

test('an address that another user has gets no mail, and the answer does not show it', async (t) => {
  const { browser, auth, mail } = await signedIn(t)
  await auth.users.create({ username: 'grace', email: 'grace@example.org' })
  await browser.open('/account/email/')
  await browser.submit({ action: '/account/email/' }, { email: 'grace@example.org' })
  assert.equal(browser.page.path, '/account/?done=email')
  assert.match(wordsOf(browser.page), /grace@example\.org replaces it/)
  assert.deepEqual(
    (await mail()).filter(({ to }) => to === 'grace@example.org'),
    [],
  )
})

test('an address that is none is refused at its field', async (t) => {
  const { browser } = await signedIn(t)
  for (const email of ['', 'nobody', 'a@b', '<script>alert(1)</script>@example.org']) {
    await browser.open('/account/email/')
    const shown = await browser.submit({ action: '/account/email/' }, { email })
    assert.equal(shown.status, 400, email)
    assert.match(shown.text, /<a href="#email">/)
    assert.match(shown.text, /id="email"[^>]*aria-invalid="true"/)
  }
})

test('digits are typed on a page of the account', async (t) => {
  const { browser, mail, auth, ada } = await signedIn(t, {
    accounts: { ...ALL_OPTIONS.accounts, form: 'digits' },
  })
  await browser.open('/account/email/')
  await browser.submit({ action: '/account/email/' }, { email: NEW })
  assert.equal(browser.page.path, '/account/email/code/')
  assert.match(
    wordsOf(browser.page),
    new RegExp(`If ${NEW} can be used, a code is on its way`),
  )

  const wrong = await browser.submit(
    { action: '/account/email/code/' },
    { code: '000000' },
  )
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /<a href="#code">/)

  const sent = (await mail()).find(({ to }) => to === NEW)
  const [, digits = ''] = /\b(\d{6})\b/.exec(sent?.text ?? '') ?? []
  const spaced = `${digits.slice(0, 3)} ${digits.slice(3)}`
  await browser.submit({ action: '/account/email/code/' }, { code: spaced })
  assert.equal(browser.page.path, '/account/?done=email_confirmed')
  assert.equal((await auth.users.find({ id: ada.id }))?.email, NEW)
  assert.match(wordsOf(await browser.open('/account/email/code/')), /No code is waiting/)
})

test('the confirmation of the own address can be sent again', async (t) => {
  const { browser, auth, mail, ada } = await signedIn(t)
  await auth.users.change(ada.id, { emailVerified: false })
  await browser.open('/account/')
  assert.match(wordsOf(browser.page), /not verified/)
  await browser.submit({ action: '/account/email/verify/' })
  assert.equal(browser.page.path, '/account/?done=email_verify')
  const [sent] = (await mail()).filter(({ to }) => to === EMAIL)
  await browser.open(linkIn(sent?.text))
  await browser.submit({ button: 'Confirm' })
  assert.notEqual((await auth.users.find({ id: ada.id }))?.emailVerifiedAt, undefined)
})

test('another phone number waits until its digits are typed', async (t) => {
  const { browser, sms, auth, ada } = await signedIn(t)
  assert.match(wordsOf(browser.page), /No phone number/)
  await browser.open('/account/phone/')
  const none = await browser.submit({ action: '/account/phone/' }, { phone: 'none' })
  assert.match(none.text, /<a href="#phone">/)
  await browser.submit({ action: '/account/phone/' }, { phone: '+44 20 7946-0018' })
  assert.equal(browser.page.path, '/account/phone/code/')
  const waiting = await browser.open('/account/')
  assert.match(wordsOf(waiting), /A code was sent to \+442079460018/)

  const [message] = await sms()
  const [, digits = ''] = /\b(\d{6})\b/.exec(message?.text ?? '') ?? []
  await browser.open('/account/phone/code/')
  await browser.submit({ action: '/account/phone/code/' }, { code: digits })
  assert.equal(browser.page.path, '/account/?done=phone')
  assert.equal((await auth.users.find({ id: ada.id }))?.phone, '+442079460018')
})

test('too many requests for codes say when to try again', async (t) => {
  const { browser } = await signedIn(t, { codes: { perClient: '2/h' } })
  for (let i = 0; i < 3; i++) {
    await browser.open('/account/email/')
    await browser.submit({ action: '/account/email/' }, { email: `ada${i}@new.example` })
  }
  assert.equal(browser.page.status, 429)
  assert.match(wordsOf(browser.page), /Try again in .* at \d\d:\d\d UTC/)
})
