import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { watchword } from '../src/watchword.ts'
import { SECRET } from './seed.ts'

/** `watchword start` with one user. */
export interface Fleet {
  readonly port: number
  readonly username: string
  readonly password: string
  stop(): Promise<void>
}

const COMMAND = join(import.meta.dirname, '..', 'bin', 'watchword.js')

/** @param database a file, or a PostgreSQL address */
export async function startFleet(
  database: string,
  workers: number,
  password: string,
): Promise<Fleet> {
  const auth = watchword({ database, secret: SECRET })
  if ((await auth.users.count()) === 0)
    await auth.users.create({ username: 'ada', password })
  await auth.close()

  const words = [
    'start',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--workers',
    String(workers),
    '--json',
  ]
  const child = spawn(process.execPath, [COMMAND, ...words, '--database', database], {
    // The other contestants write no request log.
    env: { ...process.env, WATCHWORD_SECRET: SECRET, WATCHWORD_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(([code]) =>
      Promise.reject(new Error(`watchword start ended with ${code}`)),
    ),
  ])) as [string]
  child.stdout.resume()
  return {
    port: Number(new URL(JSON.parse(line).url).port),
    username: 'ada',
    password,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
