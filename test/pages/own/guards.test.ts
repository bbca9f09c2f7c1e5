import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../../src/base/errors.ts'
import { testBrowser, wordsOf } from '../site.ts'
import {
  hiddenValue,
  impersonated,
  openParts,
  PASSWORD,
  signedIn,
  signIn,
} from './setup.ts'

const ID = '0'.repeat(32)

/** Every page of the account with its form. */
const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'profile/': { username: 'countess' },
  'password/': { current_password: PASSWORD, new_password: 'another long phrase' },
  'email/': { email: 'ada@new.example' },
  'email/code/': { code: '123456' },
  'email/verify/': {},
  'phone/': { phone: '+351912345678' },
  'phone/code/': { code: '123456' },
  'passkeys/new/': { credential: '{}' },
  [`passkeys/${ID}/`]: { label: 'x' },
  [`passkeys/${ID}/remove/`]: {},
  'authenticators/new/': { current_password: PASSWORD },
  'authenticators/confirm/': { id: ID, code: '123456' },
  [`authenticators/${ID}/`]: { code: '123456' },
  'recovery-codes/': { code: '123456' },
  'devices/': {},
  [`devices/${ID}/`]: {},
  'sessions/': {},
  [`sessions/${ID}/`]: {},
  'tokens/new/': { name: 'x', expires_in: 'never' },
  [`tokens/${ID}/`]: {},
  'export/': {},
  'delete/': { username: 'ada' },
  'again/': { current_password: PASSWORD },
  'again/passkey/': { credential: '{}' },
  'again/code/': { again: 'yes' },
}

/** Pages that show something themselves; the others go back to the account. */
const PAGES = [
  '',
  'sessions/',
  'tokens/',
  'tokens/new/',
  'email/',
  'email/code/',
  'phone/',
  'phone/code/',
  'passkeys/new/',
  'authenticators/new/',
  'recovery-codes/',
  'export/',
  'delete/',
]

type Checked = Pick<Awaited<ReturnType<typeof impersonated>>, 'auth' | 'ada'>

const hasNothingChanged = async ({ auth, ada }: Checked) => {
  const user = await auth.users.find({ id: ada.id })
  return user?.username === 'ada' && (await auth.users.checkPassword(ada.id, PASSWORD))
}

test('every form needs its token', async (t) => {
  const app = await signedIn(t)
  const { browser } = app
  for (const [below, fields] of Object.entries(FORMS)) {
    const shown = await browser.post(`/account/${below}`, fields)
    assert.equal(shown.status, 403, below)
    assert.equal(shown.heading, 'This form is out of date', below)
  }
  assert.ok(await hasNothingChanged(app))
})

test('every form and page of a browser whose session has ended leads to the sign-in, and back', async (t) => {
  const app = await signedIn(t)
  const { browser, auth, ada } = app
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  await auth.sessions.revokeAll(ada.id)
  for (const [below, fields] of Object.entries(FORMS)) {
    const path = `/account/${below}`
    const shown = await browser.post(path, { ...fields, csrfmiddlewaretoken })
    assert.equal(shown.path, `/account/sign-in/?${new URLSearchParams({ next: path })}`)
  }
  for (const below of PAGES)
    assert.match((await browser.open(`/account/${below}`)).path, /^\/account\/sign-in\//)
  assert.ok(await hasNothingChanged(app))
})

test('while the database cannot be read or written, every page and form is a page that says when to try again', async (t) => {
  const app = await signedIn(t)
  const { browser, faults } = app
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  const isUnavailable = (what: string) => {
    assert.equal(browser.page.status, 503, what)
    assert.match(browser.page.headers.get('retry-after') ?? '', /^\d+$/, what)
    assert.equal(browser.page.heading, 'This does not work at the moment', what)
  }
  faults.failAll()
  for (const below of PAGES) {
    await browser.open(`/account/${below}`)
    isUnavailable(below)
  }
  for (const [below, fields] of Object.entries(FORMS)) {
    await browser.post(`/account/${below}`, { ...fields, csrfmiddlewaretoken })
    isUnavailable(`POST ${below}`)
  }
  faults.clear()
  assert.ok(await hasNothingChanged(app))
})

/** What each page reads besides the session and its user. */
const READS = {
  '': [
    'users.read',
    'credentials.list',
    'sessions.list',
    'apiTokens.list',
    'codes.findIssued',
  ],
  'sessions/': ['sessions.list'],
  'tokens/': ['apiTokens.list'],
  'email/code/': ['codes.findIssued'],
  'passkeys/new/': ['credentials.list', 'codes.issue'],
} as const

test('a part of the store that a page needs and cannot read is no empty list', async (t) => {
  const app = await signedIn(t)
  for (const [below, verbs] of Object.entries(READS))
    for (const verb of verbs) {
      app.faults.fail(verb)
      const { status } = await app.browser.open(`/account/${below}`)
      app.faults.clear()
      assert.equal(status, 503, `${below} without ${verb}`)
    }
})

test('a user who acts as another one sees that on each page, reads the account, and changes nothing', async (t) => {
  const app = await impersonated(await openParts(t))
  const { browser } = app
  const account = await browser.open('/account/')
  assert.equal(account.status, 200)
  assert.match(account.text, /<div class="strip warn"[^>]*>support is acting as ada/)
  assert.match(wordsOf(account), /started by support/)
  const csrfmiddlewaretoken = hiddenValue(account.text, 'csrfmiddlewaretoken')
  for (const below of ['sessions/', 'tokens/']) {
    const shown = await browser.open(`/account/${below}`)
    assert.equal(shown.status, 200)
    assert.match(shown.text, /class="strip warn"/)
  }
  for (const [below, fields] of Object.entries(FORMS)) {
    const shown = await browser.post(`/account/${below}`, {
      ...fields,
      csrfmiddlewaretoken,
    })
    assert.equal(shown.status, 403, below)
    assert.match(shown.text, /support is acting as ada/, below)
  }
  for (const below of [
    'email/',
    'passkeys/new/',
    'tokens/new/',
    'export/',
    'delete/',
    'again/',
  ])
    assert.equal((await browser.open(`/account/${below}`)).status, 403, below)
  assert.ok(await hasNothingChanged(app))
})

test('each form of the pages is one that is tried here', async (t) => {
  const { browser } = await signedIn(t)
  const tried = new Set(
    Object.keys(FORMS).map((below) => `/account/${below}`.replace(/[0-9a-f]{32}/, ':id')),
  )
  tried.add('/account/sign-out/')
  for (const below of PAGES) {
    const { text } = await browser.open(`/account/${below}`)
    const actions = [...text.matchAll(/<form[^>]*action="([^"]*)"/g)].map(
      ([, action = '']) => action.replace(/[0-9a-f]{32}/, ':id'),
    )
    for (const action of actions) assert.ok(tried.has(action), action)
  }
})

test('while too many passwords are being hashed, a form that needs one is a page that says when to try again', async (t) => {
  const { auth, core } = await openParts(t)
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const browser = testBrowser(auth)
  await signIn(browser)
  const busy = () => Promise.reject(new AuthError('busy'))
  Object.assign(core.passwords, { verify: busy })
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  for (const below of ['password/', 'authenticators/new/', 'again/']) {
    const shown = await browser.post(`/account/${below}`, {
      ...FORMS[below],
      csrfmiddlewaretoken,
    })
    assert.equal(shown.status, 503, below)
    assert.equal(shown.headers.get('retry-after'), '1', below)
    assert.match(wordsOf(shown), /Try again in/, below)
    assert.ok(!shown.text.includes(PASSWORD), below)
  }
})
