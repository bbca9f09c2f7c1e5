import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UnixSeconds } from '../../src/base/clock.ts'
import type { Change } from '../../src/sessions/watch.ts'
import { aCluster } from '../services/redis.ts'
import { sqliteStore } from '../stores/open.ts'
import { timed, until } from '../time.ts'
import { startProcess, TEN } from './setup.ts'

const NOW = 1_790_000_000.25 as UnixSeconds

test('on a cluster, keys are distributed over the nodes, and two processes share limits and changes', async (t) => {
  const cluster = await aCluster(3)
  if (typeof cluster === 'string') return t.skip(cluster)
  const { nodes } = cluster
  // Each connects to another node, and discovers the rest.
  const processes = [
    await startProcess(`${nodes[0]!.url}?cluster`),
    await startProcess([nodes[1]!.url, nodes[2]!.url]),
  ]
  const store = sqliteStore({ file: ':memory:' })
  t.after(async () => {
    for (const each of processes) await each.close()
    for (const node of nodes) await node.stop()
    await store.close()
  })
  assert.deepEqual(
    processes.map(({ state }) => state()),
    ['up', 'up'],
  )

  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const all = await Promise.all(
      processes.flatMap(({ hits }) =>
        Array.from({ length: 10 }, () => hits.hit(key, TEN, NOW)),
      ),
    )
    assert.equal(all.filter(({ kind }) => kind === 'counted').length, 10, key)
  }
  const held = await Promise.all(nodes.map((node) => node.ask('DBSIZE')))
  assert.ok(
    held.filter((size) => size !== ':0\r\n').length > 1,
    `keys on each node: ${held}`,
  )

  await store.migrate()
  const [one, two] = processes.map((each) =>
    each.publishing({ ...store, watch: () => ({ stop() {} }) }),
  )
  const changes: Change[] = []
  two!.watch({ changed: (change) => changes.push(change), upToDate() {} })
  await until(async () => {
    await one!.ports.keys.endRetiring(NOW)
    return changes.some(({ kind }) => kind === 'keys')
  })
  assert.deepEqual(
    processes.flatMap(({ reported }) => reported),
    [],
  )
})

test('while a node of a cluster hangs, a process counts in memory and reports one outage', async (t) => {
  const cluster = await aCluster(3)
  if (typeof cluster === 'string') return t.skip(cluster)
  const one = await startProcess(cluster.nodes.map(({ url }) => url))
  t.after(async () => {
    await one.close()
    for (const node of cluster.nodes) await node.stop()
  })
  // Six keys, on all nodes.
  const hitAll = () =>
    Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => one.hits.hit(key, TEN, NOW)))
  await hitAll()

  cluster.nodes[1]!.pause()
  const first = await timed(hitAll)
  assert.ok(first.ms < 500, `the hits waited for ${first.ms} ms`)
  for (let i = 0; i < 20; i++) await Promise.all([hitAll(), sleep(100)])
  assert.equal(one.state(), 'down')

  cluster.nodes[1]!.resume()
  await until(() => one.state() === 'up')
  await hitAll()
  assert.deepEqual(one.reported, ['lost: no answer within 250 ms', 'back'])
})
