import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, pageApp } from './setup.ts'
import { tokenIn } from './site.ts'

/** Texts that end a text, an attribute, a comment or a script, or begin markup (OWASP, XSS Filter Evasion Cheat Sheet). */
export const ATTACKS = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '</title><svg onload=alert(1)>',
  '</textarea><script>alert(1)</script>',
  '" autofocus onfocus="alert(1)',
  '--><script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '$' + '{alert(1)}',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;',
  'javascript:alert(1)',
  '<a href="javascript:alert(1)">x</a>',
  '\u202e<script>',
  '<ſcript>',
  '＜script＞alert(1)＜/script＞',
  '<script/src=//evil.example>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
] as const

/** @throws if a text stands in a page as markup */
export function assertHarmless(text: string, where: string): void {
  // What the pages themselves have.
  const own = text
    .replace(/<script src="\/[\w./-]+" type="module"><\/script>/g, '')
    .replace(/<meta http-equiv="refresh" content="0;url=[^"]*">/g, '')
  assert.doesNotMatch(
    own,
    /<script|<img(?! class="logo")|<math|<style|<iframe|<ſ/i,
    where,
  )
  // Outside of the quotes of values.
  const tags = own.replace(/"[^"]*"/g, '""')
  assert.doesNotMatch(tags, /<[^>]*\son\w+\s*=/i, where)
  assert.doesNotMatch(own, /(?:href|action|src)="\s*javascript:/i, where)
}

test('what a form was sent with is text on the page that shows it again', async () => {
  await using it = await pageApp({ user: { nickname: 'string?' } })
  const pages = {
    '/account/sign-in/': ['login'],
    '/account/sign-up/': ['username', 'email', 'nickname'],
    '/account/forgot-password/': ['email'],
    '/account/sign-in/mail/': ['email'],
    '/account/sign-in/phone/': ['phone'],
    '/account/confirm/': ['email'],
  }
  for (const [path, names] of Object.entries(pages))
    for (const attack of ATTACKS) {
      await it.browser.open(path)
      const fields = Object.fromEntries(names.map((name) => [name, attack]))
      const csrfmiddlewaretoken = tokenIn(it.browser.page.text)
      const { text } = await it.browser.post(path, {
        ...fields,
        password: 'short',
        next: attack,
        csrfmiddlewaretoken,
      })
      assertHarmless(text, `${path} ${attack}`)
    }
})

test('addresses, parameters and cookies are text, too', async () => {
  await using it = await pageApp({ secondFactors: true, passkeys: true })
  const paths = [
    '/account/sign-in/',
    '/account/sign-in/sent/',
    '/account/sign-in/code/',
    '/account/sign-up/sent/',
    '/account/forgot-password/sent/',
    '/account/second-factor/',
    '/account/second-factor/set-up/',
    '/account/done/',
    '/account/continue/',
    '/account/signed-out/',
    '/account/deleted/',
    '/account/nothing/',
  ]
  const stepOf = (attack: string): string =>
    Buffer.from(
      JSON.stringify({
        page: '/login/',
        token: attack,
        value: attack,
        field: 'email',
        ticket: attack,
        methods: `totp ${attack}`,
        href: attack,
      }),
    ).toString('base64url')
  for (const attack of ATTACKS)
    for (const path of paths) {
      for (const step of ['link', 'code', 'ticket', 'sent', 'continue'])
        it.browser.cookies.set(`__Host-watchword-${step}`, stepOf(attack))
      const query = new URLSearchParams({ next: attack, what: attack, done: attack })
      const { text } = await it.browser.open(`${path}?${query}`)
      assertHarmless(text, `${path} ${attack}`)
    }
})

test('the names of users, the name of the application and its links are text', async () => {
  for (const attack of ATTACKS) {
    await using it = await pageApp({
      pages: { name: attack, links: [{ text: attack, href: '/x' }] },
    })
    await it.browser.open('/account/sign-in/')
    assertHarmless(it.browser.page.text, attack)
    await it.browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
    assertHarmless(it.browser.page.text, attack)
  }
})
