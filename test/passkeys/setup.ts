import assert from 'node:assert/strict'
import type { TestOptions } from '../../src/testing/index.ts'
import { type App, app } from '../second-factors/setup.ts'
import { Authenticator, type Deviation } from './authenticator.ts'

/** An instance with passkeys and a user, ada. */
export const passkeyApp = (options: TestOptions = {}): Promise<App> =>
  app({
    url: 'https://app.example.com',
    passkeys: true,
    secondFactors: false,
    ...options,
  })

/** Registers a passkey. @returns its authenticator, its id, and the answer */
export async function addPasskey(
  instance: App,
  authenticator = new Authenticator(),
  username = 'ada',
) {
  const headers = await instance.as(username)
  const options = await instance.post('/auth/passkeys/options/', {}, headers)
  assert.equal(options.status, 200)
  const credential = authenticator.create(options.body)
  const added = await instance.post(
    '/auth/passkeys/',
    { credential, label: 'Phone' },
    headers,
  )
  assert.equal(added.status, 201, JSON.stringify(added.body))
  return { authenticator, id: added.body.id as string, headers, added, credential }
}

/** The options of a sign-in. */
export const signInOptions = async ({ post }: App) =>
  (await post('/auth/passkeys/sign-in/options/', {})).body

/** Signs in with a passkey, or with what deviates from one. */
export async function signInWith(
  instance: App,
  authenticator: Authenticator,
  deviation: Deviation = {},
) {
  const credential = authenticator.get(await signInOptions(instance), deviation)
  return instance.post('/auth/passkeys/sign-in/', { credential })
}
