import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Presented } from '../../src/sessions/rotate.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import { aFolder, aSession, at, NOON, TERMS, vitor } from './house.ts'
import { type House, startHouse } from './processes.ts'

const first = (id: string): Presented => ({ id: id as SessionId, generation: 0, jti: `${id}-0` })

test('R9: a restart changes no verdict', async () => {
  const { file, remove } = aFolder()
  const store = sqliteStore({ file })
  await store.users.insert(vitor)
  const before = startHouse(file, TERMS)
  let after: House | undefined
  try {
    await before.ask('setClock', NOON)
    for (const id of ['spent', 'revoked', 'expired', 'overlap', 'alive']) await store.sessions.open(aSession(id))
    await store.sessions.open(aSession('short', { idleExpiresAt: at(NOON, 5) }))
    const spent = await before.ask('rotate', first('spent'))
    await before.ask('end', 'revoked' as SessionId, 'admin', 0)
    await before.ask('setClock', at(NOON, 15))
    const half = await before.ask('rotate', first('overlap'))
    await before.kill()

    after = startHouse(file, TERMS)
    await after.ask('setClock', at(NOON, 20))
    await after.ask('ready')

    assert.ok(spent.kind === 'rotated' && half.kind === 'rotated')
    assert.equal(await after.ask('isRevoked', 'revoked' as SessionId), true, 'access tokens stay dead')
    assert.equal(await after.ask('isRevoked', 'alive' as SessionId), false)
    assert.deepEqual(await after.ask('rotate', first('overlap')), { kind: 'replayed', session: half.session })
    assert.deepEqual(await after.ask('rotate', first('revoked')), { kind: 'revoked', reason: 'admin' })
    assert.deepEqual(await after.ask('rotate', first('short')), { kind: 'expired' })
    assert.deepEqual(await after.ask('rotate', first('never')), { kind: 'unknown' })
    assert.equal((await after.ask('rotate', first('alive'))).kind, 'rotated')
    assert.equal((await after.ask('rotate', first('spent'))).kind, 'reused')
    assert.deepEqual(await after.ask('rotate', spent.session), { kind: 'revoked', reason: 'reuse' })
  } finally {
    await before.kill()
    await after?.kill()
    await store.close()
    remove()
  }
})
