import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsOf } from '../../../src/features/second-factors/sql.ts'
import { ORIGIN, testBrowser } from '../site.ts'
import { escaped, isMarkupIn, XSS } from '../xss.ts'
import { openParts, PASSWORD } from './setup.ts'

const PAGES = [
  '',
  'sessions/',
  'tokens/',
  'tokens/new/',
  'email/',
  'authenticators/new/',
  'recovery-codes/',
  'export/',
  'delete/',
]

test('names, agents, labels, scopes, places and attributes are text on every page', async (t) => {
  for (const attack of XSS) {
    const { auth, core } = await openParts(t, {
      pages: { name: attack.slice(0, 60), geo: () => attack },
      accounts: { tokenScopes: ['x'] },
      user: { nickname: 'string?' },
    })
    const ada = await auth.users.create({
      username: 'ada',
      password: PASSWORD,
      attributes: { nickname: attack },
    })
    await auth.apiTokens.create(ada.id, { name: attack })
    const browser = testBrowser(auth, ORIGIN)
    const headers = { 'user-agent': latin1(attack), 'x-forwarded-for': attack }
    await browser.open('/account/sign-in/')
    const fields = { login: 'ada', password: PASSWORD }
    await browser.submit({ action: '/account/sign-in/' }, fields, headers)
    assert.equal(browser.page.path, '/account/')
    await addLabels(attack, ada.id, core)
    assert.ok(browser.page.text.includes(escaped(attack)), attack)
    for (const below of PAGES) {
      const { text } = await browser.open(
        `/account/${below}?done=${encodeURIComponent(attack)}`,
      )
      assert.ok(!isMarkupIn(text, attack), `${below}: ${attack}`)
    }
    const id = /\/account\/(authenticators|passkeys)\/(\w{32})\//.exec(
      (await browser.open('/account/')).text,
    )
    assert.ok(id)
    assert.ok(!isMarkupIn((await browser.open(id[0])).text, attack), attack)
  }
})

const latin1 = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

type Core = Awaited<ReturnType<typeof openParts>>['core']

async function addLabels(label: string, userId: string, core: Core): Promise<void> {
  await credentialsOf(core).insert({
    id: 'a'.repeat(32) as never,
    kind: 'totp',
    userId: userId as never,
    label,
    secret: 'sealed',
    counter: -1,
    createdAt: core.clock(),
    confirmedAt: core.clock(),
    lastUsedAt: undefined,
  })
}

test('what was typed into a form is text when the page is shown again', async (t) => {
  const { auth } = await openParts(t)
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const browser = testBrowser(auth, ORIGIN)
  await browser.open('/account/sign-in/')
  await browser.submit(
    { action: '/account/sign-in/' },
    { login: 'ada', password: PASSWORD },
  )
  const forms: readonly (readonly [below: string, field: string, page: string])[] = [
    ['profile/', 'username', ''],
    ['email/', 'email', 'email/'],
    ['phone/', 'phone', 'phone/'],
    ['tokens/new/', 'expires_in', 'tokens/new/'],
    ['authenticators/new/', 'label', 'authenticators/new/'],
    ['delete/', 'username', 'delete/'],
  ]
  for (const attack of XSS)
    for (const [below, field, page] of forms) {
      await browser.open(`/account/${page}`)
      const { text, status } = await browser.submit(
        { action: `/account/${below}` },
        { [field]: attack },
      )
      assert.equal(status, 400, below)
      assert.ok(!isMarkupIn(text, attack), `${below}: ${attack}`)
    }
})
