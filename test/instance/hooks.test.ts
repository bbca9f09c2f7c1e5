import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mount } from '../../src/adapters/node.ts'
import type { Hooks } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { instanceFor, PASSWORD, post, signIn } from './setup.ts'

/** Collects unhandled rejections: each would end a process. The runner's own listener is removed meanwhile. */
function unhandled(t: TestContext): unknown[] {
  const seen: unknown[] = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => void seen.push(error))
  t.after(() => {
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
  })
  return seen
}

async function presentSpentToken(reuseDetected: NonNullable<Hooks['reuseDetected']>) {
  await using app = testInstance({ on: { reuseDetected } })
  const { auth, clock } = app
  await auth.users.create({ username: 'ann', password: PASSWORD })
  const { refresh } = await signIn(auth)
  await post(auth, '/api/token/refresh/', { refresh })
  clock.advance(301)
  const answer = await post(auth, '/api/token/refresh/', { refresh })
  await sleep(20)
  return answer
}

test('on.reuseDetected that rejects leaves no unhandled rejection', async (t) => {
  const seen = unhandled(t)
  const { status } = await presentSpentToken(async () => {
    throw new Error('the mail server is down')
  })
  assert.equal(status, 401)
  assert.deepEqual(seen, [])
})

test('on.reuseDetected that throws does not change the response', async () => {
  const { status } = await presentSpentToken(() => {
    throw new Error('the mail server is down')
  })
  assert.equal(status, 401)
})

test('a log that throws leaves no unhandled rejection, and every request is answered', async (t) => {
  const seen = unhandled(t)
  const auth = instanceFor(t, {
    database: 'sqlite::memory:',
    log: () => {
      throw new Error('the disk is full')
    },
  })
  await auth.users.create({ username: 'ann', password: PASSWORD })
  const { access } = await signIn(auth)
  const server = createServer()
  const listener = mount(
    server,
    auth,
  )(async () => {
    throw new Error('of the listener')
  })
  server.on('request', listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const headers = { authorization: `Bearer ${access}` }
  const status = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) }).then(
    (response) => response.status,
    (error) => error.name,
  )
  assert.deepEqual([status, seen], [500, []])
})

test('on.signedOut names the user of the session, also a deleted one, and never the next one with the id', async () => {
  const named: (string | undefined)[] = []
  const signedOut: Hooks['signedOut'] = ({ userId }) => void named.push(userId)
  await using app = testInstance({ on: { signedOut } })
  const { auth, clock } = app
  const seven = { id: '7', username: 'ann', password: PASSWORD }
  await auth.users.create(seven)
  const [first, second, third] = [
    await signIn(auth),
    await signIn(auth),
    await signIn(auth),
  ]
  const signOut = async ({ refresh }: { refresh?: string }) => {
    const { status } = await post(auth, '/api/token/blacklist/', { refresh })
    assert.equal(status, 200)
    return named.at(-1)
  }
  assert.equal(await signOut(first), '7')
  clock.advance(1)
  await auth.users.delete('7')
  assert.equal(await signOut(second), '7')

  await auth.users.create(seven)
  assert.equal(await signOut(third), undefined)
  assert.equal(await signOut(await signIn(auth)), '7')
  const events = await auth.events.list({ kind: 'signed_out' })
  assert.deepEqual(events.map(({ userId }) => userId).sort(), ['7', '7', '7', undefined])
})
