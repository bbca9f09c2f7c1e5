import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/services/free-port.ts'
import type { Child } from './child.ts'

/** A Django with Simple JWT to compare with. `WATCHWORD_ORACLE` names the folder that starts it. */
export type Oracle = Pick<Child, 'port' | 'stop'> & {
  readonly username: string
  readonly password: string
}

interface OracleOptions {
  readonly threads?: number
  /** Iterations of PBKDF2. Default: Django's. */
  readonly iterations?: number
  /** Other environment variables of its process. */
  readonly env?: Readonly<Record<string, string>>
}

/** @returns the reason as a string if Django is not installed */
export async function startOracle(
  config: string,
  workers: number,
  { threads = 1, iterations, env = {} }: OracleOptions = {},
): Promise<Oracle | string> {
  const folder = process.env.WATCHWORD_ORACLE
  if (!folder || !existsSync(join(folder, 'start'))) {
    return 'Django with Simple JWT: WATCHWORD_ORACLE names no folder with one'
  }
  const installed = spawnSync(join(folder, 'install'), { encoding: 'utf8' })
  if (installed.status !== 0)
    return `Django with Simple JWT: it could not be installed: ${installed.stderr.trim()}`
  const port = await freePort()
  const words = [String(port), '--workers', String(workers), '--threads', String(threads)]
  const child = spawn(join(folder, 'start'), words, {
    env: {
      ...process.env,
      ORACLE_CONFIG: config,
      ...(iterations === undefined
        ? {}
        : { ORACLE_PBKDF2_ITERATIONS: String(iterations) }),
      ...env,
    },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await answering(port)
  const { users } = JSON.parse(readFileSync(join(folder, 'seed.json'), 'utf8'))
  const { username, password } = users.find(
    (user: { username: string }) => user.username === 'alice',
  )
  return {
    port,
    username,
    password,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answering(port: number): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(200)) {
    const answer = await fetch(`http://127.0.0.1:${port}/hello/`).catch(() => undefined)
    if (answer !== undefined) return
    if (Date.now() > until) throw new Error('the oracle does not answer')
  }
}
