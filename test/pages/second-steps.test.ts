import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOTP } from 'otpauth'
import { Authenticator } from '../passkeys/authenticator.ts'
import { PASSWORD, type PageApp, pageApp } from './setup.ts'
import { ORIGIN, wordsOf } from './site.ts'

const passwordOf = (secret: string, { instance }: PageApp, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: (instance.clock.now() + steps * 30) * 1000 })

const send = async (
  it: PageApp,
  path: string,
  body: object,
): Promise<Record<string, never>> => {
  const headers = await it.instance.as('ada')
  const response = await it.instance.auth.handler(
    new Request(`${ORIGIN}${path}`, {
      method: 'POST',
      headers: {
        ...(headers as Record<string, string>),
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    }),
  )
  return (await response.json()) as Record<string, never>
}

/** Gives ada an authenticator app. @returns its secret, and recovery codes */
async function withTotp(it: PageApp) {
  const { id, secret } = await send(it, '/auth/totp/', { current_password: PASSWORD })
  const code = passwordOf(secret ?? '', it)
  const { recovery_codes: codes } = await send(it, '/auth/totp/confirm/', { id, code })
  it.instance.clock.advance(60)
  return { secret: String(secret), codes: codes as unknown as readonly string[] }
}

async function firstStep(it: PageApp): Promise<void> {
  await it.browser.open('/account/sign-in/?next=/notes')
  await it.browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
}

test('a second step with an authenticator app signs in', async () => {
  await using it = await pageApp({ secondFactors: true })
  const { secret } = await withTotp(it)
  await firstStep(it)
  assert.equal(it.browser.page.heading, 'Confirm it is you')
  assert.ok(!it.browser.cookies.has('__Host-sessionid'))

  await it.browser.submit({ button: 'Continue' }, { code: '000000' })
  assert.equal(it.browser.page.status, 400)
  assert.match(wordsOf(it.browser.page), /This code is not correct/)
  await it.browser.submit({ button: 'Continue' }, { code: passwordOf(secret, it) })
  assert.equal(it.browser.page.path, '/notes')
  assert.ok(it.browser.cookies.has('__Host-sessionid'))
  assert.ok(!it.browser.cookies.has('__Host-watchword-ticket'))
  const [, session] = [null, ...(await it.sessions())]
  assert.ok(session)
})

test('a second step with a recovery code signs in, once', async () => {
  await using it = await pageApp({ secondFactors: true })
  const { codes } = await withTotp(it)
  await firstStep(it)
  await it.browser.submit({ button: 'Use this code' }, { recovery: codes[0] ?? '' })
  assert.equal(it.browser.page.path, '/notes')
  await it.browser.open('/account/sign-out/')
  await it.browser.submit({ button: 'Sign out' })
  await firstStep(it)
  await it.browser.submit({ button: 'Use this code' }, { recovery: codes[0] ?? '' })
  assert.equal(it.browser.page.status, 400)
})

test('a user who needs a second factor and has none sets one up, and sees recovery codes once', async () => {
  await using it = await pageApp({ secondFactors: { required: ['staff'] } })
  const ada = await it.instance.auth.users.find('ada')
  await it.instance.auth.users.change(ada?.id ?? '', { staff: true })
  await firstStep(it)
  assert.equal(it.browser.page.heading, 'Set up a second step')
  await it.browser.submit({ button: 'Set up' })
  const [, secret = ''] =
    /name="secret" value="([A-Z2-7]+)"/.exec(it.browser.page.text) ?? []
  assert.ok(secret.length >= 32)

  await it.browser.submit({ button: 'Finish' }, { code: '000000' })
  assert.equal(it.browser.page.status, 400)
  assert.match(it.browser.page.text, new RegExp(`name="secret" value="${secret}"`))
  await it.browser.submit({ button: 'Finish' }, { code: passwordOf(secret, it) })
  assert.equal(it.browser.page.heading, 'Save your recovery codes')
  assert.equal(it.browser.page.headers.get('cache-control'), 'no-store')
  assert.match(it.browser.page.text, /<a class="btn main wide" href="\/notes">/)
  assert.ok(it.browser.cookies.has('__Host-sessionid'))
})

test('without a first step there is no second one', async () => {
  await using it = await pageApp({ secondFactors: true, passkeys: true })
  for (const path of [
    '/second-factor/',
    '/second-factor/set-up/',
    '/second-factor/passkey/',
  ]) {
    await it.browser.open(`/account${path}`)
    assert.equal(it.browser.page.heading, 'Sign in', path)
  }
})

test('a passkey signs in, and one of another user does not', async () => {
  await using it = await pageApp({ passkeys: true })
  const passkey = new Authenticator()
  await send(it, '/auth/passkeys/', {
    credential: passkey.create((await send(it, '/auth/passkeys/options/', {})) as never, {
      origin: ORIGIN,
    }),
  })
  await it.browser.open('/account/sign-in/passkey/?next=/notes')
  assert.match(it.browser.page.text, /<noscript>/)
  assert.match(
    it.browser.page.headers.get('content-security-policy') ?? '',
    /script-src 'self'/,
  )

  const stranger = new Authenticator()
  await it.browser.submit({ button: 'Use a passkey' }, answerOf(stranger, it))
  assert.equal(it.browser.page.status, 400)
  assert.match(wordsOf(it.browser.page), /This passkey was not accepted/)
  await it.browser.submit({ button: 'Use a passkey' }, answerOf(passkey, it))
  assert.equal(it.browser.page.path, '/notes')
  const [session] = (await it.sessions()).filter(({ amr }) => amr?.includes('hwk'))
  assert.deepEqual(session?.amr, ['hwk', 'user'])
})

test('a passkey is the second step of a password', async () => {
  await using it = await pageApp({ passkeys: true, secondFactors: true })
  const passkey = new Authenticator()
  await send(it, '/auth/passkeys/', {
    credential: passkey.create((await send(it, '/auth/passkeys/options/', {})) as never, {
      origin: ORIGIN,
    }),
  })
  await firstStep(it)
  assert.equal(it.browser.page.heading, 'Confirm it is you')
  await it.browser.open('/account/second-factor/passkey/?next=/notes')
  await it.browser.submit({ button: 'Use a passkey' }, answerOf(passkey, it))
  assert.equal(it.browser.page.path, '/notes')
})

/** What the script of the page puts into its form. */
function answerOf(passkey: Authenticator, { browser }: PageApp) {
  const [, json = ''] = /data-options="([^"]*)"/.exec(browser.page.text) ?? []
  const options = JSON.parse(json.replaceAll('&quot;', '"'))
  return { credential: JSON.stringify(passkey.get(options, { origin: ORIGIN })) }
}

test('a credential that is no JSON is refused', async () => {
  await using it = await pageApp({ passkeys: true })
  await it.browser.open('/account/sign-in/passkey/')
  for (const credential of ['', '{', '[]', '"x"', '{"id":"a"}']) {
    await it.browser.submit({ button: 'Use a passkey' }, { credential })
    assert.equal(it.browser.page.status, 400, credential)
  }
})
