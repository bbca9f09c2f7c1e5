import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { cleanUp } from '../cleanup.ts'

/**
 * A process that serves requests until the test is over.
 *
 * @param program sends the port that it listens on as its first message
 * @returns its address
 */
export async function forkedServer(
  t: TestContext,
  program: URL,
  args: readonly string[],
): Promise<string> {
  const child = fork(program, [...args], { stdio: 'inherit', execArgv: [] })
  const ended = once(child, 'close')
  cleanUp(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [port] = await Promise.race([
    once(child, 'message'),
    ended.then(() => assert.fail('the process has ended early')),
  ])
  return `http://127.0.0.1:${port}`
}
