import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, pageApp } from './setup.ts'
import { tokenIn } from './site.ts'

for (const signUp of ['off', 'invitation'] as const)
  test(`nobody signs up with a form that was not shown: signUp is ${signUp}`, async () => {
    await using it = await pageApp({ accounts: { signUp } })
    const { browser, instance } = it
    await browser.open('/account/sign-in/')
    await browser.post('/account/sign-up/', {
      csrfmiddlewaretoken: tokenIn(browser.page.text),
      username: 'eve',
      email: 'eve@example.com',
      password: PASSWORD,
    })
    assert.equal(browser.page.status, 403)
    assert.equal(await instance.auth.users.find('eve'), undefined)
  })
