import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operated, operator, staffWith } from '../console/operator.ts'
import { impersonated, openParts, signedIn } from '../pages/own/setup.ts'
import { type ShownPage, tokenIn, wordsOf } from '../pages/site.ts'
import { escaped, isMarkupIn, XSS } from '../pages/xss.ts'

const NEW = '/account/signing-keys/new/'
const OPTIONS = { signingKeys: true, accounts: { signInCodes: true } } as const

const secretIn = ({ text }: ShownPage): string =>
  /class="secret" translate="no">([^<]+)</.exec(text)?.[1]?.trim() ?? ''

test('a user creates a key, sees its secret once, and revokes it', async (t) => {
  const { auth, ada, browser } = await signedIn(t, OPTIONS)
  const account = await browser.open('/account/')
  assert.match(wordsOf(account), /You have no signing key/)
  await browser.open(NEW)
  const created = await browser.submit(
    { action: NEW },
    { label: 'nightly export', algorithm: 'hawk-sha256' },
  )
  const secret = secretIn(created)
  assert.match(secret, /^wsk_/)
  assert.equal(created.headers.get('cache-control'), 'no-store')
  const [key] = await auth.signingKeys.list({ userId: ada.id })
  assert.deepEqual([key?.algorithm, key?.label], ['hawk-sha256', 'nightly export'])
  const again = await browser.open('/account/')
  assert.match(wordsOf(again), /nightly export/)
  assert.ok(!again.text.includes(secret))
  const revoked = await browser.submit({
    action: `/account/signing-keys/${key?.id}/revoke/`,
  })
  assert.equal(revoked.path, '/account/?done=signing_key_revoked')
  assert.match(wordsOf(revoked), /The signing key is revoked/)
  assert.deepEqual(await auth.signingKeys.list(), [])
})

test('what is wrong with a new key is said at its field', async (t) => {
  const { auth, ada, browser } = await signedIn(t, {
    ...OPTIONS,
    signingKeys: { perUser: 1 },
    accounts: { tokenScopes: ['notes.read'], signInCodes: true },
  })
  const send = async (fields: Record<string, string>) => {
    await browser.open(NEW)
    return browser.submit(
      { action: NEW },
      { label: 'x', algorithm: 'hmac-sha256', ...fields },
    )
  }
  const noScope = await send({})
  assert.equal(noScope.status, 400)
  assert.match(wordsOf(noScope), /Choose at least one/)
  const scopes = 'notes.read'
  for (const publicKey of ['{', '<b>', '{"kty":"oct","k":"AA"}']) {
    const wrong = await send({ scopes, algorithm: 'ed25519', publicKey })
    assert.equal(wrong.status, 400)
    assert.match(wrong.text, /id="publicKey-error"/)
    assert.ok(!wrong.text.includes('<b>'))
  }
  const foreign = await send({ scopes: 'admin' })
  assert.equal(foreign.status, 400)
  assert.equal((await send({ scopes })).status, 200)
  assert.match(wordsOf(await send({ scopes })), /You have too many signing keys/)
  assert.equal((await auth.signingKeys.list({ userId: ada.id })).length, 1)
})

test('a key is created after a fresh sign-in only, and not by who acts as the user', async (t) => {
  const { browser, clock, auth } = await signedIn(t, OPTIONS)
  clock.advance('20m')
  assert.match((await browser.open(NEW)).path, /^\/account\/again\//)
  const csrfmiddlewaretoken = tokenIn((await browser.open('/account/')).text)
  await browser.post(NEW, { csrfmiddlewaretoken, label: 'x', algorithm: 'hmac-sha256' })
  assert.deepEqual(await auth.signingKeys.list(), [])
  const acted = await impersonated(await openParts(t, OPTIONS))
  const { key } = await acted.auth.signingKeys.create({ userId: acted.ada.id })
  const page = await acted.browser.open('/account/')
  assert.doesNotMatch(page.text, /signing-keys\/new/)
  assert.equal((await acted.browser.open(NEW)).status, 403)
  const token = tokenIn(page.text)
  const path = `/account/signing-keys/${key.id}/revoke/`
  await acted.browser.post(path, { csrfmiddlewaretoken: token })
  assert.equal((await acted.auth.signingKeys.list()).length, 1)
})

test('a user revokes own keys only', async (t) => {
  const { auth, browser } = await signedIn(t, OPTIONS)
  const eve = await auth.users.create({ username: 'eve' })
  const { key } = await auth.signingKeys.create({ userId: eve.id })
  const csrfmiddlewaretoken = tokenIn((await browser.open('/account/')).text)
  const path = `/account/signing-keys/${key.id}/revoke/`
  assert.equal((await browser.post(path, { csrfmiddlewaretoken })).status, 404)
  assert.equal((await auth.signingKeys.list()).length, 1)
})

test('without the option there are neither pages nor sections', async (t) => {
  const { browser } = await signedIn(t, { accounts: { signInCodes: true } })
  assert.equal((await browser.open(NEW)).status, 404)
  assert.doesNotMatch((await browser.open('/account/')).text, /signing.keys/i)
  const { auth } = await operated(t)
  const staff = await operator(auth)
  assert.doesNotMatch(staff.page.text, /Request signing keys/)
  assert.equal((await staff.open('/console/signing-keys/')).status, 404)
})

test('staff see all keys without their secrets, and revoke those of users they may change', async (t) => {
  const { auth, ada, vitor } = await operated(t, { signingKeys: true, oauth: true })
  await staffWith(auth, 'support')
  const own = await auth.signingKeys.create({ userId: ada.id }, { label: 'of ada' })
  const boss = await auth.signingKeys.create({ userId: vitor.id }, { label: 'of vitor' })
  const { client } = await auth.clients.create({ name: 'Reports', scopes: ['a'] })
  const its = await auth.signingKeys.create({ clientId: client.id }, { label: 'its' })
  const browser = await operator(auth, 'support', '/console/signing-keys/')
  const words = wordsOf(browser.page)
  for (const label of ['of ada', 'of vitor', 'its', client.id])
    assert.ok(words.includes(label), label)
  for (const { secret = '-' } of [own, boss, its])
    assert.ok(!browser.page.text.includes(secret))
  const csrfmiddlewaretoken = tokenIn(browser.page.text)
  const revoke = (key: string) =>
    browser.post('/console/signing-keys/', { csrfmiddlewaretoken, key })
  assert.equal((await revoke(boss.key.id)).status, 403)
  assert.equal((await revoke('nobody')).status, 404)
  assert.match(wordsOf(await revoke(own.key.id)), /The signing key was revoked/)
  const [event] = await auth.events.list({ kind: 'signing_key_revoked' })
  assert.deepEqual(
    [event?.userId, event?.actor],
    [ada.id, (await auth.users.find('support'))?.id],
  )
  await browser.open(`/console/signing-keys/?client=${client.id}`)
  assert.doesNotMatch(wordsOf(browser.page), /of vitor/)
  await browser.open('/console/signing-keys/?user=vitor')
  assert.doesNotMatch(wordsOf(browser.page), / its /)
  await browser.open('/console/signing-keys/?user=nobody')
  assert.match(wordsOf(browser.page), /No signing key matches/)
})

test('labels are text on every page', async (t) => {
  const { auth, vitor } = await operated(t, { signingKeys: true })
  for (const label of XSS) await auth.signingKeys.create({ userId: vitor.id }, { label })
  const browser = await operator(auth, 'vitor', '/account/')
  for (const path of ['/account/', '/console/signing-keys/']) {
    const { text } = await browser.open(path)
    for (const attack of XSS) {
      assert.ok(text.includes(escaped(attack)), `${path} ${attack}`)
      if (!attack.startsWith('&')) assert.ok(!isMarkupIn(text, attack))
    }
  }
})

test('keys are in the export of their user, without secrets', async (t) => {
  const { auth, ada, browser } = await signedIn(t, OPTIONS)
  const { key, secret = '-' } = await auth.signingKeys.create({ userId: ada.id })
  await browser.open('/account/export/')
  const file = await browser.submit({ action: '/account/export/' })
  const data = JSON.parse(file.text)
  assert.equal(data.signing_keys[0].id, key.id)
  assert.ok(!file.text.includes(secret))
  assert.ok(!('sealed' in data.signing_keys[0]))
})
