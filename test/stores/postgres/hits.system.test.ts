import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minutes } from '../../../src/base/clock.ts'
import type { HitResult } from '../../../src/throttling/hits.ts'
import { NOON } from '../../sessions/setup.ts'
import { testDatabase, uncommitted } from './setup.ts'

const FIVE = { limit: 5, per: minutes(1) }

test('fifty hits of one key at once occupy one connection, so that other keys are counted meanwhile', async (t) => {
  const database = await testDatabase(t)
  if (database === undefined) return
  const store = database.store()
  await store.migrate()
  const { hits } = store.ports

  // The first slot of the key is being taken by another process, whose commit takes its time.
  const commit = await uncommitted(
    t,
    database,
    `insert into throttle_hits (key, slot, at) values ('busy', 0, ${NOON})`,
  )
  const busy: Promise<HitResult>[] = []
  for (let i = 0; i < 50; i++) busy.push(Promise.resolve(hits.hit('busy', FIVE, NOON)))

  assert.deepEqual(await hits.hit('quiet', FIVE, NOON), { kind: 'counted' })

  await commit()
  const kinds = (await Promise.all(busy)).map(({ kind }) => kind)
  assert.equal(kinds.filter((kind) => kind === 'counted').length, 4)
  assert.equal(kinds.filter((kind) => kind === 'full').length, 46)
})
