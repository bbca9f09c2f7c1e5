import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/services/free-port.ts'
import { inFolder } from './child.ts'
import { Client, get } from './load.ts'
import { type Finding, measure } from './measure.ts'
import { SECRET, seed } from './seed.ts'

const root = join(import.meta.dirname, '..')

const EMPTY = 'node:http'
const ONE = 'watchword, one process'
const TWO = 'watchword, two workers'
const FIRST = 'watchword, one process, nothing compiled'

/** What was built, from the start of its process to its first answer, and what all its processes then hold in memory. */
export const start = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    build(folder)
    const database = join(folder, 'watchword.db')
    const { pairs } = await seed(database, 1)
    const request = get('/hello/', { Authorization: `Bearer ${pairs[0]!.access}` })
    const compiled = join(folder, 'compiled')
    const ours = (workers: number, port: number, env: Server['env']): Server => ({
      args: [
        join(folder, 'bin', 'watchword.js'),
        'start',
        '--port',
        `${port}`,
        '--database',
        database,
      ],
      workers,
      env,
    })
    const servers: Readonly<Record<string, (port: number) => Server>> = {
      [ONE]: (port) => ours(1, port, { NODE_COMPILE_CACHE: compiled }),
      [TWO]: (port) => ours(2, port, { NODE_COMPILE_CACHE: compiled }),
      [FIRST]: (port) => ours(1, port, { NODE_DISABLE_COMPILE_CACHE: '1' }),
      [EMPTY]: (port) => ({
        args: [join(import.meta.dirname, 'servers', 'empty.js'), `${port}`],
        workers: 1,
        env: {},
      }),
    }
    await compile(ours(2, await freePort(), { NODE_COMPILE_CACHE: compiled }))
    const contestants = (run: (server: Server, port: number) => Promise<number>) =>
      Object.entries(servers).map(([name, server]) => ({
        name,
        async run() {
          const port = await freePort()
          return run(server(port), port)
        },
      }))
    yield await measure({
      asks: 'From start to the first answer of a guarded route, built, its database there',
      unit: 'ms',
      rounds: 21,
      contestants: contestants((server, port) => firstAnswer(server, port, request)),
      bars: [
        { of: ONE, to: EMPTY, atMost: 2 },
        { of: TWO, to: EMPTY, atMost: 2.5 },
        { of: FIRST, to: EMPTY },
      ],
    })
    yield await measure({
      asks: 'Memory of all processes together, each having answered',
      unit: 'MiB',
      rounds: 7,
      contestants: contestants((server, port) => memoryOf(server, port, request)),
      bars: [
        { of: ONE, to: EMPTY, atMost: 1.35 },
        { of: TWO, to: EMPTY, atMost: 2.4 },
      ],
    })
  })

interface Server {
  readonly args: readonly string[]
  readonly workers: number
  readonly env: Readonly<Record<string, string>>
}

/** The package as it is published: beside its sources the command would take those. */
function build(folder: string): void {
  const built = spawnSync(
    join(root, 'node_modules', '.bin', 'tsdown'),
    ['--out-dir', join(folder, 'dist')],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  if (built.status !== 0)
    throw new Error(`the build failed: ${built.stdout}${built.stderr}`)
  for (const name of ['package.json', 'bin'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
}

/** The code is kept when a server stops by itself. */
async function compile(server: Server): Promise<void> {
  const child = started(server)
  await once(child.stdout!, 'data')
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function firstAnswer(
  server: Server,
  port: number,
  request: string,
): Promise<number> {
  const began = performance.now()
  const child = started(server)
  try {
    await answered(port, request)
    return performance.now() - began
  } finally {
    await ended(child)
  }
}

async function memoryOf(server: Server, port: number, request: string): Promise<number> {
  const child = started(server)
  try {
    // All of them serve when the address is printed.
    await once(child.stdout!, 'data')
    for (let each = 0; each < 8 * server.workers; each++) await answered(port, request)
    return together(processesOf(child.pid!))
  } finally {
    await ended(child)
  }
}

/** In a group of its own, so that all its processes can be ended at once. */
function started({ args, workers, env: own }: Server): ChildProcess {
  const env = {
    ...process.env,
    ...own,
    WATCHWORD_SECRET: SECRET,
    WATCHWORD_WORKERS: `${workers}`,
    WATCHWORD_LOG_LEVEL: 'error',
  }
  return spawn(process.execPath, args, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = child.exitCode === null ? once(child, 'exit') : undefined
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
  await exit
}

/** Asks until something listens. */
async function answered(port: number, request: string): Promise<void> {
  for (;;) {
    const client = new Client(port)
    const reply = await client.ask(request).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED') throw error
      return undefined
    })
    client.close()
    if (reply?.status === 200) return
    if (reply !== undefined) throw new Error(`the first answer was ${reply.status}`)
    await sleep(1)
  }
}

function processesOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return [pid, ...children.flatMap(processesOf)]
}

/** Their own pages, and once those of files (the program of Node.js, mostly), which all of them share. In MiB. */
function together(pids: readonly number[]): number {
  const all = pids.map((pid) => readFileSync(`/proc/${pid}/status`, 'latin1'))
  const kibibytes = (status: string, name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1])
  const own = all.map(
    (status) => kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem'),
  )
  const shared = Math.max(...all.map((status) => kibibytes(status, 'RssFile')))
  return (own.reduce((sum, each) => sum + each, 0) + shared) / 1024
}
