import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import { remoteUser } from '../../src/authentication/remote-user.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { type Headers, served } from './served.ts'

/** Schemes whose credentials a browser adds to requests of any site, and those credentials. */
const SCHEMES: Readonly<
  Record<string, (origins?: readonly string[]) => readonly [Scheme, Headers]>
> = {
  'basic()': (origins = []) => [basic({ origins }), { Authorization: CREDENTIALS }],
  'remoteUser({ header })': (origins = []) => [
    remoteUser({ header: 'X-Proxy-Name', from: ['127.0.0.1'], origins }),
    { 'X-Proxy-Name': 'spacey' },
  ],
  'remoteUser(function)': (origins = []) => [
    remoteUser((request) => request.header('x-certificate'), { origins }),
    { 'X-Certificate': 'spacey' },
  ],
}
const CREDENTIALS = `Basic ${Buffer.from('spacey:  pad ').toString('base64')}`
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

for (const [name, create] of Object.entries(SCHEMES)) {
  const [scheme, credentials] = create()

  for (const [about, headers] of [
    ['a form of another site', { ...FORM, Origin: 'https://shop.evil.example' }],
    ['a form without an origin', { ...FORM, Origin: 'null' }],
    ['a request that the browser calls cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a form with a foreign Referer', { ...FORM, Referer: 'https://evil.example/win' }],
    ['a page of another port', { Origin: 'https://127.0.0.1:9' }],
  ] as const) {
    test(`${name} does not act for ${about}`, async (t) => {
      const { send } = await served(t, { authentication: [scheme] })
      for (const method of ['POST', 'DELETE']) {
        const { status, body } = await send(method, '/', { ...credentials, ...headers })
        assert.equal(status, 403)
        assert.match(String(body.detail), /^CSRF Failed: /)
      }
    })
  }

  test(`${name} serves programs, reads, and pages of this host and of the option origins`, async (t) => {
    const [scheme, credentials] = create(['https://*.shop.example', 'http://intra:81'])
    const { send } = await served(t, { authentication: [scheme] })
    const statusOf = async (method: string, headers: Headers = {}) =>
      (await send(method, '/', { ...credentials, ...headers })).status

    assert.equal(await statusOf('POST'), 200)
    assert.equal(await statusOf('PUT', { 'Sec-Fetch-Site': 'same-origin' }), 200)
    assert.equal(await statusOf('GET', { Origin: 'https://shop.evil.example' }), 200)
    for (const origin of ['https://pay.shop.example', 'http://intra:81'])
      assert.equal(await statusOf('POST', { Origin: origin }), 200, origin)
    const own = { Host: 'api.example.net', Origin: 'https://api.example.net' }
    assert.equal(await statusOf('PATCH', own), 200)
    assert.equal(await statusOf('PATCH', { ...own, Host: 'www.example.net' }), 403)
  })

  test(`${name} with an origin that is none is rejected at the start`, () => {
    assert.throws(() => create(['shop.example']), {
      code: 'invalid_config',
      message: /\(\{ origins \}\): "shop\.example" is not an origin/,
    })
  })
}

test('basic() serves its own page over plain http in a network, and not behind a proxy', async (t) => {
  const { send } = await served(t, { authentication: [basic()] })
  const page = {
    Host: 'intranet',
    Origin: 'http://intranet',
    'Sec-Fetch-Site': 'same-origin',
    Authorization: CREDENTIALS,
  }

  assert.equal((await send('POST', '/', page)).status, 200)
  assert.equal(
    (await send('POST', '/', { ...page, Origin: 'http://elsewhere' })).status,
    403,
  )
  for (const forwarded of ['X-Forwarded-For', 'X-Forwarded-Proto', 'Via'])
    assert.equal((await send('POST', '/', { ...page, [forwarded]: 'https' })).status, 403)
})

test('the password of a request from another site is not checked', async (t) => {
  const failures: unknown[] = []
  const { send } = await served(t, {
    authentication: [basic()],
    on: { signInFailed: (event: unknown) => void failures.push(event) },
  })
  const Authorization = `Basic ${Buffer.from('spacey:guess').toString('base64')}`

  const { status } = await send('POST', '/', {
    Authorization,
    Origin: 'https://e.example',
  })

  assert.deepEqual([status, failures], [403, []])
})
