import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import type { LogEntry } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import { logSettingsOf } from './log-options.ts'
import { openLog } from './open-log.ts'

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

/** The lines that `ENTRIES` become on standard error. */
function linesOf(
  values: Parameters<typeof logSettingsOf>[0],
  env: CommandContext['env'] = {},
  isTTY = false,
): readonly string[] {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk)
      done()
    },
  })
  const stderr = Object.assign(stream, { isTTY })
  const context = { env, stdin: Readable.from([]), stdout: stderr, stderr }
  const log = openLog(logSettingsOf(values, context), stderr)
  for (const entry of ENTRIES) log(entry)
  return written.split('\n').slice(0, -1)
}

const TEXT = [
  'GET / 200 3 ms',
  'watchword warn: Redis does not answer {"reason":"gone"}',
  'watchword error: a request failed {"request":"a2"}',
]

test('the log is text on a terminal and JSON elsewhere, unless a format is given', () => {
  assert.deepEqual(linesOf({}, {}, true), TEXT)
  const lines = linesOf({}).map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ level, event, request }) => [level, event, request]),
    ENTRIES.map(({ level, event, request }) => [level, event, request]),
  )
  assert.deepEqual(linesOf({ log: 'text' }), TEXT)
  assert.deepEqual(linesOf({}, { WATCHWORD_LOG: 'text' }), TEXT)
  assert.match(
    linesOf({ log: 'json' }, { WATCHWORD_LOG: 'text' }, true)[0] ?? '',
    /^\{"at":/,
  )
})

test('entries below the level are left out', () => {
  assert.deepEqual(linesOf({ log: 'text', 'log-level': 'warn' }), TEXT.slice(1))
  assert.deepEqual(
    linesOf({ log: 'text' }, { WATCHWORD_LOG_LEVEL: 'error' }),
    TEXT.slice(2),
  )
})

test('an unknown format or level is rejected with the known ones', () => {
  assert.throws(() => linesOf({ log: 'xml' }), /--log must be one of: json, text\./)
  assert.throws(
    () => linesOf({ 'log-level': 'debug' }),
    /--log-level must be one of: info, warn, error\./,
  )
})
