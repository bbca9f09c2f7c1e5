import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchword } from '../../src/watchword.ts'
import { ADA } from './process.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

/** Of every server that is started here. */
export const SECRET = 'Vq3x-9ZsT_f0uYh2KpLm7RwEdNc5GbXaJ1oI6tQy'

/** The user {@link ADA}, in a database that no server has open yet. */
export async function withAda(database: string): Promise<void> {
  const auth = watchword({ database, secret: SECRET })
  await auth.users.create(ADA)
  await auth.close()
}

/** What ends when a test or a trial does. */
export interface Ends {
  after(end: () => unknown): void
}

export interface Typed {
  readonly database: string
  readonly words?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of the process: options of node. */
  readonly execArgv?: readonly string[]
  readonly cwd?: string
}

/** `watchword start`, typed as a user does, when it serves. */
export async function startCommand(
  t: Ends,
  { database, words = ['--port', '0'], env, execArgv = [], cwd }: Typed,
) {
  const line = [...execArgv, BIN, 'start', '--json', '--database', database, ...words]
  const child = spawn(process.execPath, line, {
    cwd,
    env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  // Lines of requests are many, and nobody's concern here.
  createInterface(child.stderr).on('line', (line) => {
    if (!line.includes('"event":"request"')) said.err += `${line}\n`
  })
  const ended = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), ended])
  if (child.exitCode !== null)
    throw new Error(`watchword start ended with ${child.exitCode}: ${said.err}`)
  const { url, workers } = JSON.parse(said.out) as {
    readonly url: string
    readonly workers: number
  }

  return {
    url,
    port: url.startsWith('unix:') ? 0 : Number(new URL(url).port),
    workers,
    said,
    child: child as ChildProcess,
    ended,
    /** The processes that this one has started. */
    workerIds: () => childrenOf(child.pid!),
    /** @returns how it ended, and after how many milliseconds */
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      const began = performance.now()
      child.kill(signal)
      await ended
      return {
        code: child.exitCode,
        signal: child.signalCode,
        ms: performance.now() - began,
      }
    },
    /** Waits until it has said so on standard error, so many times. */
    async untilSaid(what: string, times = 1): Promise<void> {
      const isSaid = await within(60, () => said.err.split(what).length > times)
      if (!isSaid) throw new Error(`"${what}" was not said ${times} times: ${said.err}`)
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

/** @returns whether it came true within so many seconds */
export async function within(seconds: number, isSo: () => boolean): Promise<boolean> {
  for (let i = 0; i < seconds * 20; i++) {
    if (isSo()) return true
    await sleep(50)
  }
  return isSo()
}
