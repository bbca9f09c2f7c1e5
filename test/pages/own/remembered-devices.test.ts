import assert from 'node:assert/strict'
import { test } from 'node:test'
import { act, operator } from '../../console/operator.ts'
import { ORIGIN } from '../site.ts'
import { addTotp, PASSWORD, type Signed, signedIn } from './setup.ts'

const OPTIONS = { secondFactors: { rememberDevice: '30d' }, console: true } as const

async function post(
  { auth }: Signed,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const sent = { 'content-type': 'application/json', ...headers }
  const init = { method: 'POST', headers: sent, body: JSON.stringify(body) }
  const response = await auth.handler(new Request(`${ORIGIN}${path}`, init))
  const answer = (await response.json()) as Readonly<Record<string, string>>
  return { status: response.status, answer }
}

const signIn = (it: Signed, device = '') =>
  post(
    it,
    '/api/token/',
    { username: 'ada', password: PASSWORD },
    { 'x-device-token': device },
  )

/** Another device of ada's, which needs no second factor. @returns its token */
async function rememberedDevice(it: Signed): Promise<string> {
  const { secret } = await addTotp(it)
  it.clock.advance(60)
  const { ticket } = (await signIn(it)).answer
  const body = { ticket, code: it.code(secret), remember_device: true }
  const { device_token: device = '' } = (await post(it, '/auth/second-factor/', body))
    .answer
  assert.equal((await signIn(it, device)).status, 200)
  return device
}

test('who signs out all other devices is asked for a second factor on them', async (t) => {
  const it = await signedIn(t, OPTIONS)
  const device = await rememberedDevice(it)
  await it.browser.open('/account/sessions/')
  await it.browser.submit({ action: '/account/sessions/' })
  assert.equal((await signIn(it, device)).status, 403)
})

test('so is a user whose sessions were all revoked in the console', async (t) => {
  const it = await signedIn(t, OPTIONS)
  const device = await rememberedDevice(it)
  const rights = { staff: true, superuser: true }
  const password = 'correct horse battery staple'
  await it.auth.users.create({ username: 'vitor', password, ...rights })
  await act(await operator(it.auth), it.ada.id, 'revoke-sessions')
  assert.equal((await signIn(it, device)).status, 403)
})
