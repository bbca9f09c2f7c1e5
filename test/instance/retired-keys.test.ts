import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '../../src/base/secret.ts'
import { importSigningKey, sign } from '../../src/jwt/index.ts'
import { unseal } from '../../src/keys/seal.ts'
import { testClock } from '../../src/testing/clock.ts'
import { folder, instanceFor, PASSWORD, signIn } from './setup.ts'

// Retired keys verify until the last token has expired and are then removed, without a restart.
test('a retired key verifies no token once its last one has expired', async (t) => {
  const clock = testClock()
  const database = join(folder(t), 'watchword.db')
  const auth = instanceFor(t, { database, clock: clock.now })
  const ann = await auth.users.create({ username: 'ann', password: PASSWORD })
  const [header = ''] = (await signIn(auth)).access!.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())

  // A token forged by an attacker who got the key while it was current.
  const db = new DatabaseSync(database)
  const row = db.prepare('select algorithm, sealed from keys where id = ?').get(kid) as {
    sealed: string
  }
  db.close()
  const secret = new Secret(readFileSync(`${database}.secret`, 'utf8').trim())
  const stolen = importSigningKey('ES256', unseal(row.sealed, kid, [secret]), { kid })
  const isAccepted = async (): Promise<boolean> => {
    const claims = {
      token_type: 'access',
      exp: clock.now() + 300,
      iat: clock.now(),
      jti: 'x',
      user_id: ann.id,
    }
    const request = new Request('http://localhost/', {
      headers: { authorization: `Bearer ${sign(claims, stolen)}` },
    })
    return auth.authenticate(request).then(
      () => true,
      () => false,
    )
  }
  const isPublished = async (): Promise<boolean> => {
    const answer = await auth.handler(
      new Request('http://localhost/.well-known/jwks.json'),
    )
    const { keys } = (await answer.json()) as { keys: { kid: string }[] }
    return keys.some((key) => key.kid === kid)
  }

  await auth.keys.rotate()
  assert.equal(await isAccepted(), true)
  clock.advance('10d')
  await t.test('by itself', async () => {
    assert.deepEqual([await isAccepted(), await isPublished()], [false, false])
  })
  await t.test('after flush of the same process', async () => {
    assert.equal((await auth.flush()).keys, 1)
    await sleep(500)
    assert.deepEqual([await isAccepted(), await isPublished()], [false, false])
  })
})
