import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import { aServer } from '../../services/postgres.ts'
import { aSession, SETTINGS, vitor } from '../../sessions/setup.ts'
import { postgresStore } from '../open.ts'

test('a refresh that was rejected while the server hung is not executed after it resumes', async (t) => {
  const server = await aServer()
  if (typeof server === 'string') return t.skip(server)
  t.after(() => server.kill())
  const store = postgresStore({ url: server.url })
  t.after(() => store.close())
  await store.migrate()
  await store.ports.users.insert(vitor)
  const session = aSession('late', { createdAt: systemClock() })
  await store.ports.sessions.adopt(session)

  server.pause()
  const { idle, leeway, require } = SETTINGS
  const { id, jti } = session
  const rotated = store.ports.sessions.rotate({
    id,
    generation: 0,
    jti,
    newJti: 'new',
    idle,
    leeway,
    now: systemClock(),
    require,
  })
  await assert.rejects(rotated, { code: 'store_unavailable' })
  await sleep(5500)
  server.resume()
  await sleep(1000)

  const state = await store.ports.sessions.find(id)
  assert.equal(state?.session.generation, 0)
})
