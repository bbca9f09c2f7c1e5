import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchword } from '../../src/watchword.ts'
import { timed } from '../time.ts'
import { ADA } from './process.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

/** The secret of every server that is started here. */
export const SECRET = 'Vq3x-9ZsT_f0uYh2KpLm7RwEdNc5GbXaJ1oI6tQy'

/** Creates the user {@link ADA} in a database that no server has opened yet. */
export async function withAda(database: string): Promise<void> {
  const auth = watchword({ database, secret: SECRET })
  await auth.users.create(ADA)
  await auth.close()
}

/** Runs cleanup when a test or a trial ends. */
export interface Cleanup {
  after(cleanup: () => unknown): void
}

export interface Typed {
  readonly database: string
  readonly words?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Options of node. */
  readonly execArgv?: readonly string[]
  readonly cwd?: string
}

/** Runs `watchword start` and waits until it serves. */
export async function startCommand(
  t: Cleanup,
  { database, words = ['--port', '0'], env, execArgv = [], cwd }: Typed,
) {
  const line = [...execArgv, BIN, 'start', '--json', '--database', database, ...words]
  const child = spawn(process.execPath, line, {
    cwd,
    env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  // The lines of requests are many, and no test reads them.
  createInterface(child.stderr).on('line', (line) => {
    if (!line.includes('"event":"request"')) output.err += `${line}\n`
  })
  const ended = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), ended])
  if (child.exitCode !== null)
    throw new Error(`watchword start ended with ${child.exitCode}: ${output.err}`)
  const { url, workers } = JSON.parse(output.out) as {
    readonly url: string
    readonly workers: number
  }

  return {
    url,
    port: url.startsWith('unix:') ? 0 : Number(new URL(url).port),
    workers,
    output,
    child: child as ChildProcess,
    ended,
    /** The ids of its worker processes. */
    workerIds: () => childrenOf(child.pid!),
    /** @returns how it exited, and after how many milliseconds of a stopwatch */
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      const { ms } = await timed(() => {
        child.kill(signal)
        return ended
      })
      return { code: child.exitCode, signal: child.signalCode, ms }
    },
    /** Waits until standard error contains this text so many times. */
    async untilLogged(text: string, times = 1): Promise<void> {
      const isLogged = await within(60, () => output.err.split(text).length > times)
      if (!isLogged)
        throw new Error(`"${text}" was not logged ${times} times: ${output.err}`)
    },
  }
}

export type Started = Awaited<ReturnType<typeof startCommand>>

export const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** @returns whether the condition became true within so many seconds */
export async function within(seconds: number, isSo: () => boolean): Promise<boolean> {
  for (let i = 0; i < seconds * 20; i++) {
    if (isSo()) return true
    await sleep(50)
  }
  return isSo()
}
