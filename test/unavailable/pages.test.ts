import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountPages } from '../../src/features/account-pages/feature.ts'
import type { StoreVerb } from '../../src/testing/index.ts'
import { EMAIL, PASSWORD, type PageApp, pageApp } from '../pages/setup.ts'
import { tokenIn } from '../pages/site.ts'
import { sqliteStore } from '../stores/open.ts'

/**
 * Unknown is not no, also on pages: what cannot be read or written is 503 with the time of the next try, and nothing is a 500 or a
 * wrong password.
 */
const VERBS = Object.entries(sqliteStore({ file: ':memory:' }).ports)
  .flatMap(([port, verbs]) => Object.keys(verbs).map((verb) => `${port}.${verb}`))
  .filter((verb) => verb !== 'users.version') as StoreVerb[]

const open = () =>
  pageApp({
    secondFactors: { rememberDevice: '30d' },
    passkeys: true,
    counts: 'store',
    throttle: { login: '100000/s' },
    codes: {
      resendAfter: 0,
      perTarget: null,
      perClient: null,
      inTotal: null,
    },
  })

/** The pages of the option `pages`, all of them. */
const pathsOf = async ({ instance }: PageApp): Promise<readonly string[]> => {
  const { internalsOf } = await import('../../src/instance/internals.ts')
  return internalsOf(instance.auth).paths.filter(
    (path) => path.startsWith('/account/') && !path.includes(':'),
  )
}

test('every page answers, and says when to try again, if the store cannot be reached', async () => {
  await using it = await open()
  const paths = await pathsOf(it)
  assert.ok(paths.length > 20)
  assert.ok(accountPages.pages)
  it.instance.faults.failAll()
  for (const path of paths) {
    const { status, headers, text } = await it.browser.open(`${path}/`)
    assert.ok([200, 400, 404, 503].includes(status), `${path} ${status}`)
    assert.match(text, /^<!doctype html>/, path)
    if (status === 503) assert.match(headers.get('retry-after') ?? '', /^\d+$/, path)
  }
})

/** Forms, and what they are sent with. */
const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/account/sign-in/': { login: 'ada', password: PASSWORD },
  '/account/sign-in/mail/': { email: EMAIL },
  '/account/forgot-password/': { email: EMAIL },
  '/account/confirm/': { email: EMAIL },
  '/account/sign-up/': {
    username: 'grace',
    email: 'grace@example.com',
    password: PASSWORD,
  },
}

for (const [path, fields] of Object.entries(FORMS))
  test(`each function of the store that ${path} needs makes it 503, and no other`, async () => {
    await using it = await open()
    await it.browser.open(path)
    const csrfmiddlewaretoken = tokenIn(it.browser.page.text)
    const failed: string[] = []
    for (const [i, verb] of VERBS.entries()) {
      it.instance.faults.fail(verb)
      const own =
        fields.username === undefined
          ? {}
          : { username: `g${i}`, email: `g${i}@x.example` }
      const sent = { ...fields, ...own, csrfmiddlewaretoken }
      const { status, text } = await it.browser.post(path, sent)
      it.instance.faults.clear()
      assert.ok(
        [200, 404, 503].includes(status),
        `${verb} ${status} ${text.slice(0, 300)}`,
      )
      if (status === 503) failed.push(verb)
      it.browser.cookies.delete('__Host-sessionid')
    }
    assert.ok(failed.length > 1, failed.join())
  })
