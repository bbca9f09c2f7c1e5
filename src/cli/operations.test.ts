import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import type { LogEntry } from '../base/log.ts'
import type { CommandContext } from './context.ts'
import { logOf } from './log.ts'
import { metricsOf } from './metrics.ts'

const ENTRIES: readonly LogEntry[] = [
  {
    level: 'info',
    event: 'request',
    method: 'GET',
    path: '/',
    status: 200,
    ms: 3,
    request: 'a1',
    address: '10.0.0.1',
  },
  { level: 'warn', event: 'Redis does not answer', reason: 'gone' },
  { level: 'error', event: 'a request failed', request: 'a2' },
]

/** What is written to standard error in a world. */
function written(
  values: Parameters<typeof logOf>[0],
  env: CommandContext['env'] = {},
  isTTY = false,
): readonly string[] {
  let said = ''
  const stderr = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        said += String(chunk)
        done()
      },
    }),
    { isTTY },
  )
  const log = logOf(values, { env, stdin: Readable.from([]), stdout: stderr, stderr })
  for (const entry of ENTRIES) log(entry)
  return said.split('\n').slice(0, -1)
}

const TEXT = [
  'GET / 200 3 ms',
  'watchword warn: Redis does not answer {"reason":"gone"}',
  'watchword error: a request failed {"request":"a2"}',
]

test('the log is text at a terminal and JSON elsewhere, unless somebody says so', () => {
  assert.deepEqual(written({}, {}, true), TEXT)
  const lines = written({}).map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ level, event, request }) => [level, event, request]),
    ENTRIES.map(({ level, event, request }) => [level, event, request]),
  )
  assert.deepEqual(written({ log: 'text' }), TEXT)
  assert.deepEqual(written({}, { WATCHWORD_LOG: 'text' }), TEXT)
  assert.match(
    written({ log: 'json' }, { WATCHWORD_LOG: 'text' }, true)[0] ?? '',
    /^\{"at":/,
  )
})

test('of the log what is below its level is left out', () => {
  assert.deepEqual(written({ log: 'text', 'log-level': 'warn' }), TEXT.slice(1))
  assert.deepEqual(
    written({ log: 'text' }, { WATCHWORD_LOG_LEVEL: 'error' }),
    TEXT.slice(2),
  )
})

test('a format or level that there is none of is told with those that there are', () => {
  assert.throws(() => written({ log: 'xml' }), /--log is one of: json, text\./)
  assert.throws(
    () => written({ 'log-level': 'debug' }),
    /--log-level is one of: info, warn, error\./,
  )
})

for (const [text, host, port] of [
  ['9464', '127.0.0.1', 9464],
  ['0.0.0.0:9464', '0.0.0.0', 9464],
  ['metrics.internal:1', 'metrics.internal', 1],
  ['[::1]:9464', '::1', 9464],
] as const) {
  test(`--metrics ${text} is ${host}, port ${port}`, () => {
    const deps = { env: {} } as CommandContext
    const { version, ...at } = metricsOf({ metrics: text }, deps) ?? {}
    assert.deepEqual(at, { host, port })
    assert.match(String(version), /^\d+\.\d+\.\d+/)
  })
}

for (const text of [
  '',
  '0',
  ':9464',
  '9464:',
  'a b:9464',
  '99999',
  'localhost',
  '::1:9464',
]) {
  test(`--metrics ${JSON.stringify(text)} is refused, or nothing`, () => {
    const asked = () => metricsOf({ metrics: text }, { env: {} } as CommandContext)
    if (text === '') assert.equal(asked(), undefined)
    else assert.throws(asked, /names a port, or a host and a port|must be a whole number/)
  })
}
