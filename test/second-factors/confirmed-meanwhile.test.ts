import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOTP } from 'otpauth'
import { bearer, session } from '../../src/authentication.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { PASSWORD } from './setup.ts'

const CREDENTIALS = { username: 'ada', password: PASSWORD }

async function post(auth: Watchword, path: string, body: object, access?: string) {
  const headers = {
    'content-type': 'application/json',
    ...(access !== undefined && { authorization: `Bearer ${access}` }),
  }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await auth.handler(new Request(`http://127.0.0.1${path}`, init))
  return { status: response.status, body: JSON.parse(await response.text()) }
}

async function addTotp(auth: Watchword, access: string): Promise<void> {
  const given = { current_password: PASSWORD }
  const { body } = await post(auth, '/auth/totp/', given, access)
  const code = new TOTP({ secret: body.secret }).generate()
  const confirm = { id: body.id, code }
  const { status } = await post(auth, '/auth/totp/confirm/', confirm, access)
  assert.equal(status, 200)
}

for (const path of ['/api/token/', '/auth/login/'])
  test(`a sign-in at ${path} during which the first second factor is confirmed needs it`, async () => {
    /** What happens after it was found that the user has no factor, and before the session is opened. */
    let meanwhile = async (): Promise<void> => {}
    const auth: Watchword = buildWatchword({
      database: 'sqlite::memory:',
      secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
      authentication: [bearer(), session()],
      secondFactors: true,
      signInChecks: [
        async () => {
          await meanwhile()
          return undefined
        },
      ],
    })
    await using _ = { [Symbol.asyncDispose]: () => auth.close() }
    const { id } = await auth.users.create(CREDENTIALS)
    const { access, session: adding } = await auth.signIn(id)
    meanwhile = async () => {
      meanwhile = async () => {}
      await addTotp(auth, access)
    }

    const { status, body } = await post(auth, path, CREDENTIALS)

    assert.equal(status, 403)
    assert.equal(body.code, 'mfa_required')
    assert.deepEqual(body.methods, ['totp', 'recovery'])
    const sessions = await auth.sessions.list(id)
    const live = sessions.filter(({ revokedAt }) => revokedAt === undefined)
    assert.deepEqual(
      live.map((each) => each.id),
      [adding?.id],
    )
  })
