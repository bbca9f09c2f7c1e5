import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server in a process of its own. */
export interface Child {
  readonly port: number
  /** Processor time of all its threads so far, in milliseconds. */
  used(): Promise<number>
  stop(): Promise<void>
}

/** Starts a file of `servers/`, which sends `{ port }` when it listens, and its processor time after each message. */
export async function startServer(
  file: string,
  ...args: readonly string[]
): Promise<Child> {
  const child = fork(join(import.meta.dirname, 'servers', file), args)
  const heard: ((said: unknown) => void)[] = []
  child.on('message', (said) => heard.shift()?.(said))
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  ended.catch(() => undefined)
  const next = <Said>(): Promise<Said> =>
    Promise.race([
      new Promise<Said>((resolve) => heard.push(resolve as (said: unknown) => void)),
      ended,
    ])

  const { port } = await next<{ readonly port: number }>()
  return {
    port,
    used() {
      child.send('used')
      return next<number>()
    },
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Runs `work` with a temporary folder. */
export async function* inFolder<T>(
  work: (folder: string) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'))
  try {
    yield* work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
