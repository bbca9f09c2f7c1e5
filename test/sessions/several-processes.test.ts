import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BookTerms } from '../../src/sessions/book.ts'
import type { Presented } from '../../src/sessions/rotate.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Store } from '../../src/stores/store.ts'
import { aFolder, aSession, at, NOON, strict, TERMS, vitor } from './house.ts'
import { type House, soon, startHouse } from './processes.ts'

/** A file with a user, and processes that share it. */
async function together(
  count: number,
  terms: BookTerms,
  work: (houses: readonly House[], store: Store) => Promise<void>,
): Promise<void> {
  const { file, remove } = aFolder()
  const store = sqliteStore({ file })
  await store.users.insert(vitor)
  const houses = Array.from({ length: count }, () => startHouse(file, terms))
  try {
    await Promise.all(houses.map((house) => house.ask('setClock', NOON)))
    await Promise.all(houses.map((house) => house.ask('ready')))
    await work(houses, store)
  } finally {
    await Promise.all(houses.map((house) => house.kill()))
    await store.close()
    remove()
  }
}

/** Presents one token in all processes at once, 50 times in all. */
async function race(houses: readonly House[], token: Presented) {
  const moment = soon()
  const callers = [13, 13, 12, 12]
  return (await Promise.all(houses.map((house, i) => house.ask('race', token, callers[i]!, moment)))).flat()
}

const first = (id: string): Presented => ({ id: id as SessionId, generation: 0, jti: `${id}-0` })

/** Asks until it is so, for at most `milliseconds`. */
async function within(milliseconds: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + milliseconds
  while (performance.now() < until) {
    if (await isSo()) return true
    await sleep(10)
  }
  return false
}

test('R1: of 50 refreshes of one token in 4 processes one moves the session on, and all get the same successor', async () => {
  await together(4, TERMS, async (houses, store) => {
    for (let round = 0; round < 20; round++) {
      const id = `overlap${round}`
      await store.sessions.open(aSession(id))

      const outcomes = await race(houses, first(id))

      const kinds = outcomes.map(({ kind }) => kind).sort()
      assert.deepEqual(kinds, ['rotated', ...Array(49).fill('replayed')].sort())
      const successors = outcomes.map((outcome) => ('session' in outcome ? outcome.session : undefined))
      const row = await store.sessions.find(id as SessionId)
      for (const successor of successors) assert.deepEqual(successor, row?.session)
      assert.equal(row?.session.generation, 1)
    }
  })
})

test('R1: without overlap one of 50 gets a successor, and the reuse by the others ends the session', async () => {
  await together(4, strict, async (houses, store) => {
    for (let round = 0; round < 20; round++) {
      const id = `strict${round}`
      await store.sessions.open(aSession(id))

      const outcomes = await race(houses, first(id))

      const winners = outcomes.filter(({ kind }) => kind === 'rotated')
      assert.equal(winners.length, 1)
      assert.ok(outcomes.every(({ kind }) => ['rotated', 'reused', 'revoked'].includes(kind)))
      const ended = outcomes.filter((outcome) => outcome.kind === 'reused' && outcome.ended)
      assert.equal(ended.length, 1, 'the reuse is told once')
      const [winner] = winners
      assert.ok(winner?.kind === 'rotated')
      assert.deepEqual(await houses[3]!.ask('rotate', winner.session), { kind: 'revoked', reason: 'reuse' })
    }
    const events = (await Promise.all(houses.map((house) => house.ask('reusedSessions')))).flat()
    assert.equal(events.length, 20)
    assert.equal(new Set(events).size, 20)
  })
})

test('R2: reuse after the overlap, in another process, ends successor and access tokens everywhere within a second', async () => {
  await together(3, TERMS, async (houses, store) => {
    const [one, other, third] = houses as [House, House, House]
    await store.sessions.open(aSession('s'))
    const rotated = await one.ask('rotate', first('s'))
    assert.ok(rotated.kind === 'rotated')
    await Promise.all(houses.map((house) => house.ask('setClock', at(NOON, 10.1))))

    const again = await other.ask('rotate', first('s'))

    assert.equal(again.kind, 'reused')
    assert.equal(await other.ask('isRevoked', 's' as SessionId), true, 'at once in its own process')
    for (const house of [one, third]) {
      assert.ok(await within(1000, () => house.ask('isRevoked', 's' as SessionId)), 'within a second in others')
    }
    assert.deepEqual(await one.ask('rotate', rotated.session), { kind: 'revoked', reason: 'reuse' })
    assert.deepEqual(await third.ask('rotate', first('s')), { kind: 'revoked', reason: 'reuse' })
    const events = (await Promise.all(houses.map((house) => house.ask('reusedSessions')))).flat()
    assert.deepEqual(events, ['s'])
  })
})

test('R6: a session that is ended while it is being refreshed has ended, in each of 100 rounds', async () => {
  await together(3, TERMS, async ([one, other, third], store) => {
    for (let round = 0; round < 100; round++) {
      const id = `r${round}`
      await store.sessions.open(aSession(id))
      const moment = soon()

      const [left, right, ended] = await Promise.all([
        one!.ask('race', first(id), 5, moment),
        other!.ask('race', first(id), 5, moment),
        third!.ask('end', id as SessionId, 'logout', moment),
      ])

      assert.equal(ended, true)
      const state = await store.sessions.find(id as SessionId)
      assert.equal(state?.session.endReason, 'logout')
      for (const outcome of [...left, ...right]) {
        if (outcome.kind !== 'rotated' && outcome.kind !== 'replayed') continue
        assert.deepEqual(await one!.ask('rotate', outcome.session), { kind: 'revoked', reason: 'logout' })
      }
    }
  })
})

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
