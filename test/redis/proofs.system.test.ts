import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofKey } from '../../src/proofs/proofs.ts'
import { at, NOON } from '../sessions/setup.ts'
import { sqliteStore } from '../stores/open.ts'
import { firstOf } from '../stores/proofs.ts'
import { until } from '../time.ts'
import { startProcesses } from './setup.ts'

test('of fifty presentations to four processes one is the first; without Redis all are refused', async (t) => {
  const started = await startProcesses(t, 4)
  if (started === undefined) return
  const { server, processes } = started
  const store = sqliteStore({ file: ':memory:' })
  t.after(() => store.close())
  const ports = processes.map((each) => each.publishing(store).ports)

  assert.equal(await firstOf(50, ports), 1)
  assert.equal(await firstOf(50, ports), 0)
  const name = `watchword:proof_${proofKey('dpop', 'k', 'v').toString('base64url')}`
  const [, milliseconds = ''] = /:(\d+)/.exec(await server.ask(`PTTL ${name}`)) ?? []
  assert.ok(Number(milliseconds) > 950_000 && Number(milliseconds) <= 960_000)

  await server.stop()
  await until(() => processes.every(({ state }) => state() === 'down'))
  await assert.rejects(
    ports[0]!.proofs.use(proofKey('dpop', 'k', 'w'), at(NOON, 60), NOON),
    { code: 'store_unavailable', status: 503 },
  )
})
