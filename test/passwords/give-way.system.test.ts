import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** In its own process, because only root can lower a nice value again. */
const PROGRAM = `
  import { readdirSync, readFileSync } from 'node:fs'
  import { lowerHashPriority } from ${JSON.stringify(new URL('../../src/passwords/low-priority.ts', import.meta.url))}
  await lowerHashPriority()
  const priorities = readdirSync('/proc/self/task').map((thread) => {
    const [, name, rest] = /^\\d+ \\((.*)\\) (.*)$/s.exec(readFileSync('/proc/self/task/' + thread + '/stat', 'utf8'))
    return [name, Number(rest.split(' ')[16])]
  })
  console.log(JSON.stringify(priorities))
`

test('the threads that hash have a lower priority than the event loop', async (t) => {
  if (process.platform !== 'linux')
    return t.skip('threads have their own nice value on Linux only')
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    PROGRAM,
  ])
  const threads = JSON.parse(stdout) as [name: string, niceness: number][]
  const pool = threads.filter(([name]) => name === 'libuv-worker')
  const others = threads.filter(([name]) => name !== 'libuv-worker')

  assert.ok(pool.length >= 4)
  assert.deepEqual(new Set(pool.map(([, niceness]) => niceness)), new Set([10]))
  assert.deepEqual(new Set(others.map(([, niceness]) => niceness)), new Set([0]))
})
