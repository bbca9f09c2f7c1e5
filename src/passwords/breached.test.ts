import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { milliseconds } from '../base/clock.ts'
import type { LogEntry } from '../base/log.ts'
import { breachedInRange, notBreached } from './breached.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const DIGITS = hash('sha1', PASSWORD).toUpperCase()
const PADDING = `${'0'.repeat(35)}:0`

test('a range is asked for by five digits, and knows a password by the others', async () => {
  const asked: string[] = []
  const check = breachedInRange(async (prefix) => {
    asked.push(prefix)
    return `${PADDING}\r\n${DIGITS.slice(5)}:7\r\n`
  })
  assert.equal(await check(PASSWORD), true)
  assert.equal(await check('another password'), false)
  assert.deepEqual(asked[0], DIGITS.slice(0, 5))
  assert.equal(asked.join('').length, 10)
})

test('a line that pads the answer is none of a breach', async () => {
  const check = breachedInRange(() => `${DIGITS.slice(5)}:0\n${PADDING}`)
  assert.equal(await check(PASSWORD), false)
})

test('a page of an error is no answer', async () => {
  const check = breachedInRange(() => '<html>502 Bad Gateway</html>')
  await assert.rejects(async () => check(PASSWORD), /not a range/)
})

test('a look-up that fails or is late accepts the password, and is logged without it', async () => {
  const log: LogEntry[] = []
  const failing = notBreached(
    () => {
      throw new Error(`GET /${PASSWORD} failed`)
    },
    (entry) => log.push(entry),
  )
  const never = () => new Promise<boolean>(() => {})
  const late = notBreached(never, (entry) => log.push(entry), milliseconds(5))
  for (const rule of [failing, late])
    assert.equal(await rule(PASSWORD, {}, []), undefined)
  assert.deepEqual(
    log.map(({ event }) => event),
    Array(2).fill('users.breached failed'),
  )
  assert.doesNotMatch(JSON.stringify(log), new RegExp(PASSWORD))
})
