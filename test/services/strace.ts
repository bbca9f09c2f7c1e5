import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** An attached `strace`. */
export interface Tracer {
  /** Detaches. */
  end(): Promise<void>
  kill(): void
}

/**
 * Attaches to all threads of these processes.
 *
 * @param options such as `-e trace=…`, `-e inject=…` or `-o FILE`
 * @returns a string with the reason if it cannot
 */
export async function strace(
  pids: readonly number[],
  options: readonly string[],
): Promise<Tracer | string> {
  if (spawnSync('strace', ['-V']).status !== 0) return 'strace is not installed'
  const args = ['-f', ...options, ...pids.flatMap((pid) => ['-p', String(pid)])]
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  // Attaching to a process that has ended is an error message, too.
  const isDone = (): boolean =>
    pids.every((pid) => new RegExp(`Process ${pid} attached|attach.*${pid}`).test(output))
  while (!isDone()) {
    if (child.exitCode !== null || output.includes('not permitted'))
      return `strace is not permitted to attach: ${output.trim()}`
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
