import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** An `strace` that is attached to processes. */
export interface Tracer {
  /** Lets go of them. */
  end(): Promise<void>
  kill(): void
}

/**
 * Attaches one to all threads of these processes.
 *
 * @param terms what it does to their system calls: `-e trace=…`, `-e inject=…`, `-o FILE`
 * @returns a text: why it cannot
 */
export async function strace(
  pids: readonly number[],
  terms: readonly string[],
): Promise<Tracer | string> {
  if (spawnSync('strace', ['-V']).status !== 0) return 'strace is not installed'
  const args = ['-f', ...terms, ...pids.flatMap((pid) => ['-p', String(pid)])]
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // One that ended meanwhile could not be attached to.
  const isDone = (): boolean =>
    pids.every((pid) => new RegExp(`Process ${pid} attached|attach.*${pid}`).test(said))
  while (!isDone()) {
    if (child.exitCode !== null || said.includes('not permitted'))
      return `strace may not look on: ${said.trim()}`
    await sleep(20)
  }
  return {
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
    },
    kill: () => child.kill('SIGKILL'),
  }
}
