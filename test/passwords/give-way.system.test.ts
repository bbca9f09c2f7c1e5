import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { getPriority } from 'node:os'
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

for (const more of [0, 3])
  test(`the threads that hash have a lower priority than the event loop of a process at ${more} more`, async (t) => {
    if (process.platform !== 'linux')
      return t.skip('threads have their own nice value on Linux only')
    const args = [
      '-n',
      String(more),
      process.execPath,
      '--input-type=module',
      '-e',
      PROGRAM,
    ]
    const { stdout } = await promisify(execFile)('nice', args)
    const threads = JSON.parse(stdout) as [name: string, niceness: number][]
    const pool = threads.filter(([name]) => name === 'libuv-worker')
    const others = threads.filter(([name]) => name !== 'libuv-worker')
    const base = Math.min(getPriority() + more, 19)

    assert.ok(pool.length >= 4)
    assert.deepEqual(
      new Set(pool.map(([, niceness]) => niceness)),
      new Set([Math.min(base + 10, 19)]),
    )
    assert.deepEqual(new Set(others.map(([, niceness]) => niceness)), new Set([base]))
  })
