import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A Redis for one test, without persistence. It ends with this process, even if that is killed. */
export interface Redis {
  /** The same after each start. */
  readonly url: string
  readonly port: number
  /** SIGKILL: all data are lost. */
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP: it accepts connections, and does not respond until `resume`. */
  pause(): void
  resume(): void
  /** FLUSHALL */
  flush(): Promise<void>
  /** Sends an inline command. @returns the response in RESP2 */
  ask(command: string): Promise<string>
}

/**
 * A server on a free port of 127.0.0.1: `redis-server` or `valkey-server` from the path, or the program that
 * WATCHWORD_TEST_REDIS names.
 *
 * @returns a string with the reason if it is not installed
 */
export async function aRedis(...settings: readonly string[]): Promise<Redis | string> {
  const program = findProgram()
  if (program === undefined)
    return 'Redis is not installed: no redis-server or valkey-server in the path'
  const port = await freePort()
  const ask = (command: string): Promise<string> => asked(port, command)
  let running: Running | undefined
  const redis: Redis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      running = await startOn(port, program, settings)
      while (!/^(\+PONG|-NOAUTH)/.test(await ask('PING').catch(() => ''))) await sleep(5)
    },
    async stop() {
      await running?.end()
      running = undefined
    },
    pause: () => void (running && process.kill(running.pid, 'SIGSTOP')),
    resume: () => void (running && process.kill(running.pid, 'SIGCONT')),
    flush: async () => void (await ask('FLUSHALL')),
    ask,
  }
  await redis.start()
  return redis
}

/** A cluster whose nodes share the slots. @returns a string with the reason if Redis is not installed */
export async function aCluster(
  nodes: number,
): Promise<{ readonly nodes: readonly Redis[] } | string> {
  const started: Redis[] = []
  for (let i = 0; i < nodes; i++) {
    const node = await aRedis(
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      '1000',
    )
    if (typeof node === 'string') return node
    started.push(node)
  }
  const [first] = started
  for (const [i, node] of started.entries()) {
    const [from, to] = [i, i + 1].map((n) => Math.round((16_384 * n) / nodes))
    await node.ask(`CLUSTER ADDSLOTSRANGE ${from} ${to! - 1}`)
    if (i > 0) await node.ask(`CLUSTER MEET 127.0.0.1 ${first!.port}`)
  }
  const isReady = async (node: Redis): Promise<boolean> => {
    const info = await node.ask('CLUSTER INFO')
    return (
      info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`)
    )
  }
  for (const node of started) while (!(await isReady(node))) await sleep(50)
  return { nodes: started }
}

interface Running {
  readonly pid: number
  end(): Promise<void>
}

/** Runs it under a shell that kills it when standard input closes, which happens when this process ends. */
async function startOn(
  port: number,
  program: string,
  settings: readonly string[],
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-redis-'))
  const script =
    'folder=$1; shift; "$@" >"$folder/log" & echo $!; cat >/dev/null; kill -9 $!; wait; rm -rf "$folder"'
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', folder]
  const args = [
    program,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    ...quiet,
    ...settings,
  ]
  const child = spawn('sh', ['-c', script, 'sh', folder, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const [pid] = (await once(child.stdout, 'data')) as [Buffer]
  unref(child)
  return {
    pid: Number(pid),
    async end() {
      child.ref()
      child.stdin.end()
      await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function unref(child: ChildProcess): void {
  child.unref()
  for (const pipe of [child.stdin, child.stdout])
    (pipe as unknown as { unref(): void }).unref()
}

async function asked(port: number, command: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.setEncoding('utf8').write(`${command}\r\n`)
  try {
    const [answer] = (await once(socket, 'data')) as [string]
    return answer
  } finally {
    socket.destroy()
  }
}

function findProgram(): string | undefined {
  const given = process.env.WATCHWORD_TEST_REDIS
  if (given) return given
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['redis-server', 'valkey-server']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
