import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Feature } from '../../src/features/define-feature.ts'
import { FEATURE_LIST } from '../../src/features.ts'
import { html } from '../../src/pages/html.ts'
import { cleanUp } from '../cleanup.ts'
import { impersonated, openParts, signedIn } from './own/setup.ts'
import { pageApp } from './setup.ts'

/** Adds a feature to the list for one test. */
function withFeature(t: TestContext, feature: Feature): void {
  const list = FEATURE_LIST as Feature[]
  list.push(feature)
  cleanUp(t, () => void list.splice(list.indexOf(feature), 1))
}

const BUTTONS: Feature = {
  name: 'example',
  signInButtons: ({ language, next = '/', accountPath }) => [
    {
      name: 'example',
      text: `Example <${language}>`,
      href: accountPath(`/example/?next=${encodeURIComponent(next)}`),
    },
  ],
}

test('a feature puts a button on the pages to sign in and to sign up', async (t) => {
  withFeature(t, BUTTONS)
  await using it = await pageApp({ passkeys: true })
  for (const page of ['sign-in', 'sign-up']) {
    const { text } = await it.browser.open(`/account/${page}/?next=/notes`)
    assert.match(
      text,
      /<a class="btn wide" href="\/account\/example\/\?next=%2Fnotes" data-way="example">Example &lt;en&gt;<\/a>/,
    )
  }
  assert.match((await it.browser.open('/account/sign-in/')).text, /sign-in\/passkey\//)
})

test('a page of its own to sign in gets the buttons as data', async (t) => {
  withFeature(t, BUTTONS)
  await using it = await pageApp({
    passkeys: true,
    pages: {
      render: { signIn: ({ buttons }) => html`${buttons.map(({ name }) => `${name};`)}` },
    },
  })
  assert.equal(
    (await it.browser.open('/account/sign-in/')).text,
    'passkey;mail;phone;example;',
  )
})

const SECTIONS: Feature = {
  name: 'example',
  accountSections: ({ user, canChange }) => [
    {
      name: 'apps',
      title: 'Applications',
      after: 'sessions',
      content: async () =>
        html`<p>Those of ${user.username}: ${canChange && 'change them'}</p>`,
      done: { app_removed: 'The application was removed.' },
    },
  ],
}

/** The sections of a page, in the order of its menu. */
const menuOf = (text: string): readonly string[] =>
  [
    ...(/<nav class="menu".*?<\/nav>/s.exec(text)?.[0] ?? '').matchAll(
      /\/account\/#(\w+)/g,
    ),
  ].map(([, name = '']) => name)

test('a feature has a section on the page of the account, and its title in each menu', async (t) => {
  withFeature(t, SECTIONS)
  const { browser } = await signedIn(t)
  const { text } = await browser.open('/account/?done=app_removed')
  assert.match(
    text,
    /<section id="apps".*?<h2[^>]*>Applications<\/h2>\s*<p>Those of ada: change them/s,
  )
  assert.match(text, /The application was removed\./)
  const order = ['secondFactor', 'sessions', 'apps', 'tokens']
  assert.deepEqual(menuOf(text).slice(3, 7), order)
  const others = (await browser.open('/account/sessions/')).text
  assert.deepEqual(menuOf(others), menuOf(text))
  assert.doesNotMatch(others, /Those of ada/)
})

test('the section stands in its place if the one before it is off', async (t) => {
  withFeature(t, SECTIONS)
  const { browser } = await signedIn(t, { accounts: false })
  const { text } = await browser.open('/account/')
  assert.deepEqual(menuOf(text), ['passkeys', 'secondFactor', 'apps'])
})

test('a section learns that another user acts as this one', async (t) => {
  withFeature(t, SECTIONS)
  const { browser } = await impersonated(await openParts(t))
  const { text } = await browser.open('/account/')
  assert.match(text, /Those of ada: <\/p>/)
})

test('what was done is a word of a closed list', async (t) => {
  const { browser } = await signedIn(t)
  const { text } = await browser.open('/account/?done=app_removed')
  assert.doesNotMatch(text, /app_removed|was removed/)
})
