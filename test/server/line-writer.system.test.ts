import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { until } from '../time.ts'

/** Writes `count` lines of `length` characters to standard error, and reports on standard output how long its event loop was blocked. */
const WRITER = `
const { lineWriter } = await import(process.argv[1])
const [count, length] = process.argv.slice(2).map(Number)
const write = lineWriter(2, (lost) => 'lost ' + lost)
let longest = 0
let last = performance.now()
const ticking = setInterval(() => {
  longest = Math.max(longest, performance.now() - last)
  last = performance.now()
}, 5)
for (let i = 0; i < count; i++) {
  write(String(i).padEnd(length, '.'))
  if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
}
console.log(JSON.stringify({ longest }))
process.stdin.once('data', () => {
  write('the last one')
  setTimeout(() => {
    clearInterval(ticking)
    process.exit()
  }, 300)
})`

function writer(t: TestContext, count: number, length: number): ChildProcess {
  const module = fileURLToPath(
    new URL('../../src/server/line-writer.ts', import.meta.url),
  )
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    WRITER,
    module,
    String(count),
    String(length),
  ])
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('every line arrives, in order, if the reader reads', async (t) => {
  const child = writer(t, 5_000, 100)
  let received = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (received += text))
  await once(child.stdout!, 'data')
  child.stdin!.end('go')
  await once(child, 'close')
  const lines = received.trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => line.replace(/\.+$/, '')),
    [...Array.from({ length: 5_000 }, (_, i) => String(i)), 'the last one'],
  )
})

test('a reader that stops reading does not block the writer, and later learns how many lines were lost', async (t) => {
  const [child, control] = [writer(t, 30_000, 100), writer(t, 30_000, 100)]
  control.stderr!.resume()
  const blockedFor = async ({ stdout }: ChildProcess): Promise<number> => {
    const [report] = await once(stdout!, 'data')
    return (JSON.parse(String(report)) as { longest: number }).longest
  }
  const [longest = 0, usual = 0] = await Promise.all([child, control].map(blockedFor))
  assert.ok(
    longest < Math.max(500, 3 * usual),
    `the event loop was blocked for ${longest} ms, with a reader for ${usual}`,
  )
  await sleep(100)
  let received = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (received += text))
  await until(() => /^lost \d+$/m.test(received), 'no line about lost lines')
  child.stdin!.end('go')
  await once(child, 'close')
  const lines = received.trimEnd().split('\n')
  const lost = Number(/^lost (\d+)$/m.exec(received)?.[1])
  assert.ok(lost > 0)
  assert.equal(lines.filter((line) => /^\d+\.+$/.test(line)).length, 30_000 - lost)
  assert.equal(lines.at(-1), 'the last one')
})
