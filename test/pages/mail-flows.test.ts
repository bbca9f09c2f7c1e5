import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMAIL, NEW_PASSWORD, PASSWORD, pageApp } from './setup.ts'
import { testBrowser, wordsOf } from './site.ts'

test('a link by mail signs in, and no address has its value after the first', async () => {
  await using it = await pageApp()
  const { browser } = it
  await browser.open('/account/sign-in/mail/?next=/notes')
  await browser.submit({ button: 'Send the message' }, { email: EMAIL })
  assert.equal(browser.page.heading, 'Look in your mail')
  assert.match(wordsOf(browser.page), /If ada@example\.com can receive messages/)

  const shown = await browser.open(await it.link())
  assert.equal(shown.path, '/account/login/')
  assert.match(wordsOf(shown), /signs you in as ada\./)
  assert.deepEqual(await it.sessions(), [], 'opening the link does not redeem it')
  await browser.submit({ button: 'Sign in' })
  assert.equal(browser.page.path, '/account/')
  const [session] = await it.sessions()
  assert.deepEqual(session?.amr, ['link'])
})

test('a link works once, and says so', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  const link = await it.link()
  await it.browser.open(link)
  await it.browser.submit({ button: 'Sign in' })
  const other = testBrowser(it.instance.auth)
  const shown = await other.open(link)
  assert.equal(shown.status, 400)
  assert.equal(shown.heading, 'This link does not work')
  assert.deepEqual((await it.sessions()).length, 1)
})

test('an address without an account gets the same answer, and no mail', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: 'nobody@example.com' })
  assert.equal(it.browser.page.heading, 'Look in your mail')
  assert.deepEqual(await it.instance.mail(), [])
})

test('digits by mail sign in, in the browser that has asked for them alone', async () => {
  await using it = await pageApp({ accounts: { signInCodes: true, form: 'digits' } })
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  assert.equal(it.browser.page.heading, 'Enter the code')

  const thief = testBrowser(it.instance.auth)
  await thief.open('/account/sign-in/')
  for (const [name, value] of it.browser.cookies)
    if (name.includes('code')) thief.cookies.set(name, value)
  await thief.open('/account/sign-in/code/')
  await thief.submit({ button: 'Continue' }, { code: await it.digits() })
  assert.equal(thief.page.status, 400)

  await it.browser.submit({ button: 'Continue' }, { code: '000000' })
  assert.match(wordsOf(it.browser.page), /This code is not correct, or it has expired/)
  await it.browser.submit({ button: 'Continue' }, { code: await it.digits() })
  assert.equal(it.browser.page.path, '/account/')
})

test('another code is sent on request, and the page says so', async () => {
  await using it = await pageApp({ accounts: { signInCodes: true, form: 'digits' } })
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  const first = await it.digits()
  await it.browser.submit({ button: 'Send a new code' })
  assert.match(wordsOf(it.browser.page), /A new code is on its way/)
  const second = await it.digits()
  assert.notEqual(second, first)
  await it.browser.submit({ button: 'Continue' }, { code: first })
  assert.equal(it.browser.page.status, 400)
  await it.browser.submit({ button: 'Continue' }, { code: second })
  assert.equal(it.browser.page.path, '/account/')
})

test('digits by text message sign in', async () => {
  await using it = await pageApp()
  await it.instance.auth.users.create({ username: 'grace', phone: '+351912345678' })
  await it.browser.open('/account/sign-in/phone/')
  await it.browser.submit({ button: 'Send the message' }, { phone: '+351912345678' })
  const [sms] = await it.instance.sms()
  await it.browser.submit(
    { button: 'Continue' },
    { code: /\d{6}/.exec(sms?.text ?? '')?.[0] ?? '' },
  )
  assert.equal(it.browser.page.path, '/account/')
})

test('a forgotten password is replaced by the link of a mail', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/forgot-password/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  assert.equal(it.browser.page.heading, 'Look in your mail')
  await it.browser.open(await it.link())
  assert.equal(it.browser.page.path, '/account/reset-password/')

  await it.browser.submit({ button: 'Save password' }, { password: 'password1' })
  assert.equal(it.browser.page.status, 400)
  assert.match(wordsOf(it.browser.page), /among the most used ones/)
  await it.browser.submit({ button: 'Save password' }, { password: NEW_PASSWORD })
  assert.equal(it.browser.page.heading, 'Your password is saved')
  const user = await it.instance.auth.users.find('ada')
  assert.ok(await it.instance.auth.users.checkPassword(user?.id ?? '', NEW_PASSWORD))
})

test('a forgotten password is replaced by digits', async () => {
  await using it = await pageApp({ accounts: { form: 'digits' } })
  await it.browser.open('/account/forgot-password/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  assert.equal(it.browser.page.heading, 'Choose a new password')
  const code = await it.digits()
  await it.browser.submit(
    { button: 'Save password' },
    { code: '000000', password: NEW_PASSWORD },
  )
  assert.match(wordsOf(it.browser.page), /This code is not correct/)
  await it.browser.submit({ button: 'Save password' }, { code, password: NEW_PASSWORD })
  assert.equal(it.browser.page.heading, 'Your password is saved')
})

test('a link for a new password that has expired says so at once', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/forgot-password/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  const link = await it.link()
  it.instance.clock.advance(3601)
  const shown = await it.browser.open(link)
  assert.equal(shown.status, 400)
  assert.equal(shown.heading, 'This link does not work')
})

test('signing up mails a link, whose button confirms the address', async () => {
  await using it = await pageApp()
  const fields = { username: 'grace', email: 'grace@example.com', password: PASSWORD }
  await it.browser.open('/account/sign-up/')
  await it.browser.submit({ button: 'Create account' }, fields)
  assert.equal(it.browser.page.heading, 'Look in your mail')
  await it.browser.open(await it.link('grace@example.com'))
  assert.equal(it.browser.page.path, '/account/activate/')
  await it.browser.submit({ button: 'Confirm' })
  assert.equal(it.browser.page.heading, 'Your address is confirmed')
  const { emailVerifiedAt } = (await it.instance.auth.users.find('grace')) ?? {}
  assert.notEqual(emailVerifiedAt, undefined)
})

test('signing up with a taken address has the same answer; a taken username is said', async () => {
  await using it = await pageApp()
  const fields = { username: 'grace', email: EMAIL, password: PASSWORD }
  await it.browser.open('/account/sign-up/')
  await it.browser.submit({ button: 'Create account' }, fields)
  assert.equal(it.browser.page.heading, 'Look in your mail')
  await it.browser.open('/account/sign-up/')
  await it.browser.submit(
    { button: 'Create account' },
    { ...fields, username: 'ada', email: 'new@example.com' },
  )
  assert.equal(it.browser.page.status, 400)
  assert.match(wordsOf(it.browser.page), /This username is taken/)
  assert.match(it.browser.page.text, /value="new@example\.com"/)
  assert.ok(!it.browser.page.text.includes(PASSWORD))
})

test('where users sign in with their address no answer shows an account', async () => {
  await using it = await pageApp({ users: { loginField: 'email' } })
  const answers: string[] = []
  for (const email of [EMAIL, 'new@example.com']) {
    await it.browser.open('/account/sign-up/')
    assert.doesNotMatch(it.browser.page.text, /name="username"/)
    await it.browser.submit({ button: 'Create account' }, { email, password: PASSWORD })
    answers.push(wordsOf(it.browser.page).replaceAll(email, 'ADDRESS'))
  }
  assert.equal(answers[0], answers[1])
})

test('an address is confirmed by digits', async () => {
  await using it = await pageApp({ accounts: { form: 'digits' } })
  const fields = { username: 'grace', email: 'grace@example.com', password: PASSWORD }
  await it.browser.open('/account/sign-up/')
  await it.browser.submit({ button: 'Create account' }, fields)
  assert.equal(it.browser.page.heading, 'Enter the code')
  await it.browser.submit(
    { button: 'Continue' },
    { code: await it.digits('grace@example.com') },
  )
  assert.equal(it.browser.page.heading, 'Your address is confirmed')
})

test('an invitation opens the sign-up, and is needed if the option says so', async () => {
  await using it = await pageApp({ accounts: { signUp: 'invitation' } })
  await it.browser.open('/account/sign-up/')
  assert.equal(it.browser.page.heading, 'An invitation is needed')
  await it.instance.auth.users.invite({ email: 'grace@example.com', roles: [] })
  await it.browser.open(await it.link('grace@example.com'))
  assert.equal(it.browser.page.path, '/account/sign-up/')
  assert.doesNotMatch(it.browser.page.text, /name="email"/)
  await it.browser.submit(
    { button: 'Create account' },
    { username: 'grace', password: PASSWORD },
  )
  assert.equal(it.browser.page.heading, 'Welcome')
  const grace = await it.instance.auth.users.find('grace')
  assert.equal(grace?.email, 'grace@example.com')
})

test('fields of the option user are asked for, and checked', async () => {
  await using it = await pageApp({ user: { nickname: 'string?', born: 'date?' } })
  const fields = { username: 'grace', email: 'grace@example.com', password: PASSWORD }
  await it.browser.open('/account/sign-up/')
  await it.browser.submit(
    { button: 'Create account' },
    { ...fields, nickname: 'g', born: 'x' },
  )
  assert.match(wordsOf(it.browser.page), /Enter a date/)
  await it.browser.submit(
    { button: 'Create account' },
    { ...fields, nickname: 'g', born: '1906-12-09' },
  )
  assert.equal(it.browser.page.heading, 'Look in your mail')
  const grace = await it.instance.auth.users.find('grace')
  assert.deepEqual(grace?.attributes, { nickname: 'g', born: '1906-12-09' })
})

test('a page of a link that is opened without one says what to do', async () => {
  await using it = await pageApp()
  const pages = [
    'login',
    'activate',
    'verify',
    'change-email',
    'undo-email',
    'reset-password',
  ]
  for (const page of pages) {
    const shown = await it.browser.open(`/account/${page}/`)
    assert.equal(shown.status, 400, page)
    assert.equal(shown.heading, 'This link does not work')
  }
})

test('the value of one kind of link is worth nothing on the page of another', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  const link = await it.link()
  for (const [page, button] of [
    ['activate', 'Confirm'],
    ['change-email', 'Use this address'],
    ['undo-email', 'Take it back'],
  ] as const) {
    await it.browser.open(link.replace('login', page))
    const shown = await it.browser.submit({ button })
    assert.equal(shown.status, 400, page)
  }
  await it.browser.open(link)
  assert.equal((await it.browser.submit({ button: 'Sign in' })).path, '/account/')
})

test('a page of another link does not take the value that this browser was opened with', async () => {
  await using it = await pageApp()
  await it.browser.open('/account/sign-in/mail/')
  await it.browser.submit({ button: 'Send the message' }, { email: EMAIL })
  await it.browser.open(await it.link())
  assert.equal((await it.browser.open('/account/activate/')).status, 400)
})
