import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRedis } from '../../src/stores/redis/address.ts'

for (const [given, shown] of [
  ['redis://cache', 'cache:6379'],
  ['redis://10.0.0.1:7000/3', '10.0.0.1:7000 db 3'],
  ['redis://[::1]:7000', '::1:7000'],
  ['rediss://ada:s%40cret@cache', 'cache:6379 tls ada s@cret'],
  ['redis://:secret@cache', 'cache:6379 - secret'],
  ['redis://cache?prefix=shop:', 'cache:6379 prefix shop:'],
  ['redis://cache?cluster', 'cache:6379 cluster'],
  ['redis://a:1,redis://b:2', 'a:1 b:2 cluster'],
  [['redis://:secret@a:1', 'redis://b:2'], 'a:1 b:2 cluster - secret'],
] as const) {
  test(`${given} is parsed as "${shown}"`, () => assert.equal(shownOf(given), shown))
}

function shownOf(given: string | readonly string[]): string {
  const { nodes, cluster, tls, username, password, database, prefix } = parseRedis(given)
  const words = nodes.map(({ host, port }) => `${host}:${port}`)
  if (tls) words.push('tls')
  if (cluster) words.push('cluster')
  if (database !== 0) words.push(`db ${database}`)
  if (password !== undefined) words.push(username ?? '-', password.reveal())
  if (prefix !== 'watchword:') words.push('prefix', prefix)
  return words.join(' ')
}

for (const given of [
  'localhost:6379',
  'http://:secret@cache',
  'redis://',
  'redis://:secret@cache/first',
  'redis://:secret@cache/1?cluster',
  'redis://:secret@cache?password=secret',
  'redis://:secret%@cache',
  ['redis://:secret@a', 'rediss://:secret@b'],
  [],
]) {
  test(`${given} is rejected without its password in the message`, () => {
    assert.throws(
      () => parseRedis(given),
      ({ code, message }: Error & { code: string }) =>
        code === 'invalid_config' &&
        /^redis \(WATCHWORD_REDIS\) .*\.$/.test(message) &&
        !message.includes('secret'),
    )
  })
}
