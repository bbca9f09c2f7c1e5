import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aCluster, aRedis } from './redis.ts'

test('Redis can be stopped, started, paused and flushed', async (t) => {
  const redis = await aRedis()
  if (typeof redis === 'string') return t.skip(redis)
  t.after(() => redis.stop())

  await redis.ask('SET name ada')
  assert.equal(await redis.ask('GET name'), '$3\r\nada\r\n')
  await redis.flush()
  assert.equal(await redis.ask('GET name'), '$-1\r\n')

  redis.pause()
  const answer = redis.ask('PING')
  assert.equal(
    await Promise.race([
      answer,
      new Promise((resolve) => setTimeout(resolve, 100, 'silence')),
    ]),
    'silence',
  )
  redis.resume()
  assert.equal(await answer, '+PONG\r\n')

  await redis.stop()
  await assert.rejects(redis.ask('PING'))
  await redis.start()
  assert.equal(await redis.ask('PING'), '+PONG\r\n')
})

test('three nodes form a cluster: one accepts a key, and the others redirect', async (t) => {
  const cluster = await aCluster(3)
  if (typeof cluster === 'string') return t.skip(cluster)
  t.after(() => Promise.all(cluster.nodes.map((node) => node.stop())))

  const answers = await Promise.all(cluster.nodes.map((node) => node.ask('SET name ada')))

  assert.equal(answers.filter((answer) => answer === '+OK\r\n').length, 1)
  assert.equal(answers.filter((answer) => answer.startsWith('-MOVED')).length, 2)
})
