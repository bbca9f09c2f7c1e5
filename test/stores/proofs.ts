import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { minutes, type UnixSeconds } from '../../src/base/clock.ts'
import type { InstanceStore } from '../../src/features.ts'
import { type ProofKind, type Proofs, proofKey } from '../../src/proofs/proofs.ts'
import { cleanUp } from '../cleanup.ts'
import { at, NOON } from '../sessions/setup.ts'
import type { Presentation } from './proof-worker.ts'
import type { FreshDatabase, TestedDatabase } from './sqlite.ts'

const key = (value: string, issuer = 'k', kind: ProofKind = 'dpop') =>
  proofKey(kind, issuer, value)
const UNTIL = at(NOON, 60)

/** Presents one value many times at once, distributed over several stores. @returns how often it was the first time */
export async function firstOf(
  many: number,
  stores: readonly { readonly proofs: Proofs }[],
  value = 'v',
): Promise<number> {
  const presented = Array.from({ length: many }, (_, n) =>
    stores[n % stores.length]!.proofs.use(key(value), UNTIL, NOON),
  )
  return (await Promise.all(presented)).filter(Boolean).length
}

/** Values that are accepted once: of many presentations one is the first. */
export function proofTests(database: string, fresh: FreshDatabase): void {
  const on = (
    title: string,
    body: (stores: readonly InstanceStore['ports'][], place: TestedDatabase) => unknown,
  ) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      await body(
        stores.map(({ ports }) => ports),
        place,
      )
    })

  on('of fifty presentations at once one is the first', async (stores) => {
    for (const value of ['a', 'b', 'c'])
      assert.equal(await firstOf(50, stores, value), 1, value)
    assert.equal(await firstOf(50, stores, 'a'), 0)
  })

  on('kinds and issuers do not use up the values of others', async ([store]) => {
    const { proofs } = store!
    const keys = [
      key('v'),
      key('v', 'other'),
      key('v', 'k', 'hawk'),
      key('', 'kv'),
      key('kv', ''),
    ]
    for (const each of keys) assert.equal(await proofs.use(each, UNTIL, NOON), true)
    for (const each of keys) assert.equal(await proofs.use(each, UNTIL, NOON), false)
  })

  on('a value is kept for longer than it is accepted, then deleted', async ([store]) => {
    const { proofs } = store!
    const useAll = (what: string, many: number, until: UnixSeconds, now: UnixSeconds) =>
      Promise.all(
        Array.from({ length: many }, (_, n) =>
          proofs.use(key(`${what} ${n}`), until, now),
        ),
      )
    await useAll('old', 300, UNTIL, NOON)
    const late = at(UNTIL, minutes(14))
    assert.equal(await proofs.flush(late, 1000), 0)
    assert.equal(await proofs.use(key('old 0'), UNTIL, at(NOON, -minutes(10))), false)

    // Presentations delete what has ended, without `watchword flush`.
    const end = at(UNTIL, minutes(16))
    await useAll('new', 256, at(end, 60), end)
    assert.equal(await proofs.flush(end, 1000), 0)
    assert.equal(await proofs.flush(at(end, minutes(17)), 100), 100)
    assert.equal(await proofs.flush(at(end, minutes(17)), 1000), 156)
  })
}

const WORKER = fileURLToPath(new URL('proof-worker.ts', import.meta.url))

/** Four processes that each present one value at the same moment. @returns how often it was the first time */
export async function firstOfProcesses(
  t: TestContext,
  ...places: readonly string[]
): Promise<number> {
  const children = Array.from({ length: 4 }, () =>
    fork(WORKER, places, { execPath: process.execPath, execArgv: [] }),
  )
  cleanUp(t, () => {
    for (const child of children) child.kill('SIGKILL')
  })
  await Promise.all(children.map((child) => once(child, 'message')))
  const presentation: Presentation = { now: NOON, each: 13, at: Date.now() + 50 }
  const answers = children.map(async (child) => {
    child.send(presentation)
    const [first] = (await once(child, 'message')) as [number]
    return first
  })
  return (await Promise.all(answers)).reduce((sum, first) => sum + first, 0)
}
