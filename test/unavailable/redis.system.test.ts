import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bearer } from '../../src/authentication.ts'
import { buildWatchword } from '../build-watchword.ts'
import { PASSWORD, post } from '../instance/setup.ts'
import { aRedis, type Redis } from '../services/redis.ts'

/**
 * Redis has counts and messages alone, and both have a fallback: while it is down no request is answered 503, none waits, and none is
 * admitted that would not be otherwise.
 */
const DOWN: Readonly<Record<string, (redis: Redis) => unknown>> = {
  'is stopped': (redis) => redis.stop(),
  hangs: (redis) => redis.pause(),
  'refuses writes': (redis) => redis.ask('CONFIG SET maxmemory 1'),
}

/** An instance with Redis, signed in, and then without Redis. */
async function signedIn(t: TestContext, fail: (redis: Redis) => unknown) {
  const redis = await aRedis()
  if (typeof redis === 'string') {
    t.skip(redis)
    return undefined
  }
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    redis: redis.url,
    secret: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
    authentication: [bearer()],
    throttle: { login: '8/min', anon: '10000/min' },
  })
  t.after(async () => {
    redis.resume()
    await auth.close()
    await redis.stop()
  })
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const signIn = (password = PASSWORD) =>
    post(auth, '/api/token/', { username: 'ada', password })
  const { body: tokens } = await signIn()
  await fail(redis)
  const statusOf = async (path: string, fields: object): Promise<number> =>
    (await post(auth, path, fields)).status
  const guarded = async (access = ''): Promise<number> => {
    const headers = { authorization: `Bearer ${access}` }
    const request = new Request('http://localhost/', { headers })
    return auth.require(request).then(
      () => 200,
      (error) => error.status,
    )
  }
  return { signIn, tokens, statusOf, guarded }
}

for (const [what, fail] of Object.entries(DOWN)) {
  test(`while Redis ${what}, every request gets the answer that it gets with Redis`, async (t) => {
    const client = await signedIn(t, fail)
    if (client === undefined) return
    const { signIn, tokens, statusOf, guarded } = client
    const { access, refresh } = tokens

    assert.equal((await signIn()).status, 200)
    assert.equal((await signIn('wrong')).status, 401)
    assert.equal(await guarded(access), 200)
    assert.equal(await guarded(`${access}x`), 401)
    assert.equal(await statusOf('/api/token/verify/', { token: refresh }), 200)
    assert.equal(await statusOf('/api/token/blacklist/', { refresh }), 200)
    assert.equal(await statusOf('/api/token/refresh/', { refresh }), 401)
    assert.equal(await guarded(access), 401)
  })

  test(`while Redis ${what}, wrong passwords are limited`, async (t) => {
    const client = await signedIn(t, fail)
    if (client === undefined) return
    const statuses = new Set<number>()
    for (let n = 0; n < 9; n++) statuses.add((await client.signIn(`wrong ${n}`)).status)
    assert.deepEqual([...statuses], [401, 429])
    assert.equal((await client.signIn()).status, 429)
  })
}
