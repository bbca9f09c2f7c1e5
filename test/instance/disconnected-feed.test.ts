import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bearer, statelessBearer } from '../../src/authentication.ts'
import { systemClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { buildWatchword } from '../build-watchword.ts'
import { aFolder } from '../sessions/setup.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { until } from '../time.ts'

const PASSWORD = 'correct horse battery staple'

/** An instance whose store can be disconnected: no changes arrive, and reading sessions fails. */
async function instance(t: TestContext, revocationMaxAge: number) {
  const { file, remove } = aFolder()
  const store = sqliteStore({ file })
  const others = sqliteStore({ file })
  let cut = false
  const whole =
    <A extends readonly unknown[], R>(verb: (...its: A) => Promise<R>) =>
    (...its: A): Promise<R> =>
      cut
        ? Promise.reject(new AuthError('store_unavailable', 'cut off', { retryAfter: 1 }))
        : verb(...its)
  const cuttable: InstanceStore = {
    ...withPorts(store, {
      sessions: {
        ...store.ports.sessions,
        find: whole(store.ports.sessions.find),
        revokedSince: whole(store.ports.sessions.revokedSince),
      },
    }),
    watch: ({ changed, upToDate }) =>
      store.watch({
        changed: (change) => cut || changed(change),
        upToDate: () => cut || upToDate(),
      }),
  }
  const log: LogEntry[] = []
  const auth = buildWatchword({
    store: cuttable,
    secret: 'of no worth, since every instance of the tests has it',
    tokens: { revocationMaxAge },
    log: (entry) => void log.push(entry),
  })
  t.after(async () => {
    await auth.close()
    await others.close()
    remove()
  })
  const { id } = await auth.users.create({ username: 'ada', password: PASSWORD })
  const body = JSON.stringify({ username: 'ada', password: PASSWORD })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await auth.handler(
    new Request('http://localhost/api/token/', { method: 'POST', body, headers }),
  )
  const { access } = (await answer.json()) as { access: string }
  const [session] = await auth.sessions.list(id)
  return {
    /** Another process revokes the session. */
    end: () =>
      others.ports.sessions.revoke(session!.id as SessionId, 'logout', systemClock()),
    log: () =>
      log
        .filter(({ event }) => event.includes('revocation feed'))
        .map(({ level, event }) => ({ level, event })),
    setCut: (is: boolean) => {
      cut = is
    },
    /** The error code, or `undefined`. */
    async ask(scheme: typeof bearer | typeof statelessBearer): Promise<string> {
      const request = new Request('http://localhost/', {
        headers: { Authorization: `Bearer ${access}` },
      })
      try {
        await auth.require(request, { schemes: [scheme()] })
        return 'let in'
      } catch (error) {
        return (error as AuthError).code
      }
    },
  }
}

for (const scheme of [bearer, statelessBearer]) {
  test(`${scheme.name}() trusts the disconnected feed up to tokens.revocationMaxAge, and then answers 503`, async (t) => {
    const { ask, setCut, log } = await instance(t, 1)
    assert.equal(await ask(scheme), 'let in')

    setCut(true)
    assert.equal(await ask(scheme), 'let in')
    await until(async () => (await ask(scheme)) === 'store_unavailable')
    await until(() => log().length === 1)
    assert.deepEqual(log(), [
      { level: 'error', event: 'the revocation feed is disconnected' },
    ])

    setCut(false)
    assert.equal(await ask(scheme), 'let in')
    await until(() => log().length === 2)
    assert.deepEqual(log()[1], {
      level: 'info',
      event: 'the revocation feed is connected again',
    })
  })
}

test('with a disconnected feed but a reachable store, revocations are found by reading the store', async (t) => {
  const { ask, end } = await instance(t, 0)
  await end()

  assert.equal(await ask(statelessBearer), 'revoked')
  assert.equal(await ask(bearer), 'revoked')
})

test('a disconnected process still rejects the sessions that it knows to be revoked', async (t) => {
  const { ask, end, setCut } = await instance(t, 1)
  await end()
  await until(async () => (await ask(statelessBearer)) === 'revoked')

  setCut(true)
  await sleep(1300)
  assert.equal(await ask(statelessBearer), 'revoked')
})
