import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authenticator } from '../passkeys/authenticator.ts'
import { bearer, PASSWORD, type SocialApp, signInAs, socialApp } from './setup.ts'

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

type Headers = Readonly<Record<string, string>>

const remove = async (app: SocialApp, path: string, headers: Headers) =>
  (await app.request('DELETE', path, {}, headers)).status

/** The paths of sue's identity and of the passkey that she adds. */
async function withBoth(app: SocialApp) {
  const headers = bearer(await signInAs(app, SUE))
  const identities = await app.request('GET', '/auth/identities/', undefined, headers)
  const options = await app.request('POST', '/auth/passkeys/options/', {}, headers)
  const authenticator = new Authenticator()
  const credential = authenticator.create(options.body)
  const body = { credential, label: 'Phone' }
  const added = await app.request('POST', '/auth/passkeys/', body, headers)
  assert.equal(added.status, 201, JSON.stringify(added.body))
  return {
    headers,
    authenticator,
    identity: `/auth/identities/${identities.body[0].id}/`,
    passkey: `/auth/passkeys/${added.body.id}/`,
  }
}

test('with an identity the last passkey can be removed, and the identity stays then', async () => {
  await using app = await socialApp({ passkeys: true })
  const { headers, identity, passkey } = await withBoth(app)

  assert.equal(await remove(app, passkey, headers), 204)

  assert.equal(await remove(app, identity, headers), 400)
  assert.equal((await signInAs(app, SUE)).body.created, false)
})

test('with a passkey the last identity can be removed, and the passkey stays then', async () => {
  await using app = await socialApp({ passkeys: true })
  const { headers, identity, passkey, authenticator } = await withBoth(app)

  assert.equal(await remove(app, identity, headers), 204)

  assert.equal(await remove(app, passkey, headers), 400)
  const sign = '/auth/passkeys/sign-in/'
  const options = await app.request('POST', `${sign}options/`, {})
  const credential = authenticator.get(options.body)
  assert.equal((await app.request('POST', sign, { credential })).status, 200)
})

test('with a password both can be removed', async () => {
  await using app = await socialApp({ passkeys: true })
  const { identity, passkey } = await withBoth(app)
  const user = await app.auth.users.find({ email: SUE.email })
  await app.auth.users.setPassword(user?.id ?? '', PASSWORD)
  const again = await app.request('POST', '/api/token/', {
    username: user?.username,
    password: PASSWORD,
  })

  for (const path of [identity, passkey])
    assert.equal(await remove(app, path, bearer(again)), 204)
})

test('of a passkey and an identity that are removed at once, one stays', async () => {
  await using app = await socialApp({ passkeys: true })
  const { headers, identity, passkey } = await withBoth(app)

  const statuses = await Promise.all([
    remove(app, passkey, headers),
    remove(app, identity, headers),
  ])

  assert.deepEqual(statuses.toSorted(), [204, 400])
})
