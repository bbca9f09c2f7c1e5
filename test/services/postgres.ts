import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  appendFileSync,
  chmodSync,
  chownSync,
  constants,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

/** How a server stops: after its clients have disconnected, at once with them, or without a checkpoint. */
export type Mode = 'smart' | 'fast' | 'immediate'

/** A PostgreSQL server for one test. It ends with this process, even if that is killed. */
export interface Server {
  /** Of its database `postgres`, as the superuser. The same after each start. */
  readonly url: string
  stop(mode?: Mode): Promise<void>
  start(): Promise<void>
  restart(mode?: Mode): Promise<void>
  /** SIGKILL to all its processes. */
  kill(): Promise<void>
  /** SIGKILL to every backend. The server recovers by itself. */
  killBackends(): void
  /** SIGSTOP: it hangs with open connections, until `resume`. */
  pause(): void
  resume(): void
}

export interface Database {
  readonly url: string
  drop(): Promise<void>
}

let shared: Promise<string | { readonly error: string }> | undefined

/**
 * Creates an empty database on the server of this process, or on the one that WATCHWORD_TEST_POSTGRES names.
 *
 * @returns a string with the reason if PostgreSQL is not installed
 */
export async function aDatabase(): Promise<Database | string> {
  shared ??= sharedServer()
  const server = await shared
  if (typeof server !== 'string') return server.error
  const name = `watchword_${randomBytes(6).toString('hex')}`
  await run(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () => run(server, `drop database if exists ${name} with (force)`),
  }
}

async function sharedServer(): Promise<string | { readonly error: string }> {
  const given = process.env.WATCHWORD_TEST_POSTGRES
  if (given) return given
  const server = await aServer()
  return typeof server === 'string' ? { error: server } : server.url
}

/** Executes one statement as the user of the URL. */
export const run = async (url: string, sql: string): Promise<void> =>
  void (await ask(url, sql))

/** Executes one statement. @returns its first row */
export async function ask<Row>(url: string, sql: string): Promise<Row> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows[0] as Row
  } finally {
    await client.end()
  }
}

/**
 * @param under the parent of its data folder
 * @returns a string with the reason if it cannot be started
 */
export async function aServer(
  settings: Readonly<Record<string, string>> = {},
  under: string = tmpdir(),
): Promise<Server | string> {
  const bin = binaries()
  if (bin === undefined)
    return 'PostgreSQL is not installed: no initdb in /usr/lib/postgresql or the path'
  const owner = ownerOf()
  if (owner === undefined)
    return 'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody"'
  const folder = mkdtempSync(join(under, 'watchword-postgres-'))
  const data = join(folder, 'data')
  const password = randomBytes(12).toString('hex')
  writeFileSync(join(folder, 'password'), password)
  if (owner.uid !== undefined) {
    for (const path of [folder, join(folder, 'password')])
      chownSync(path, owner.uid, owner.gid)
    chmodSync(folder, 0o700)
  }
  stopWithThisProcess(folder, owner)
  const call = async (program: string, ...args: readonly string[]): Promise<void> => {
    await promisify(execFile)(join(bin, program), args, {
      ...owner,
      cwd: folder,
      env: { PATH: process.env.PATH },
    })
  }
  // A collation that does not compare bytes, as most installations have.
  const order = [
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--locale-provider=icu',
    '--icu-locale=en',
  ]
  const access = [
    '--username=watchword',
    '--auth=scram-sha-256',
    `--pwfile=${join(folder, 'password')}`,
  ]
  await call('initdb', `--pgdata=${data}`, '--no-sync', ...order, ...access)

  const port = await freePort()
  const written = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    ...settings,
  }
  const lines = Object.entries(written).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''))

  const server: Server = {
    url: `postgres://watchword:${password}@127.0.0.1:${port}/postgres`,
    start: () =>
      call('pg_ctl', 'start', '-w', '-t', '60', '-D', data, '-l', join(folder, 'log')),
    stop: (mode = 'fast') =>
      call('pg_ctl', 'stop', '-w', '-t', '60', '-D', data, '-m', mode),
    async restart(mode) {
      await server.stop(mode)
      await server.start()
    },
    async kill() {
      const all = processesOf(data)
      for (const pid of all) killNow(pid)
      while (all.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5))
      // In a container without an init process its pid could still belong to a zombie.
      rmSync(join(data, 'postmaster.pid'))
    },
    pause() {
      for (const pid of processesOf(data)) process.kill(pid, 'SIGSTOP')
    },
    resume() {
      for (const pid of processesOf(data)) process.kill(pid, 'SIGCONT')
    },
    killBackends() {
      for (const pid of childrenOf(postmasterOf(data))) if (isBackend(pid)) killNow(pid)
    },
  }
  await server.start()
  return server
}

/** The folder of the programs of the newest PostgreSQL. */
function binaries(): string | undefined {
  const versionOf = (path: string): number => Number(path.split('/')[4])
  const debian = globSync('/usr/lib/postgresql/*/bin').sort(
    (a, b) => versionOf(b) - versionOf(a),
  )
  return [...debian, ...(process.env.PATH ?? '').split(delimiter)].find((folder) =>
    isProgram(join(folder, 'initdb')),
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

type Owner =
  | { readonly uid: number; readonly gid: number }
  | { readonly uid?: never; readonly gid?: never }

/** The user that runs the server: the current one, or another if that is root. */
function ownerOf(): Owner | undefined {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  const line =
    users.find((user) => user.startsWith('postgres:')) ??
    users.find((user) => user.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

/** Starts a process that stops the server and removes its folder when this process ends. */
function stopWithThisProcess(folder: string, owner: Owner): void {
  const script = `cat >/dev/null
    read -r postmaster 2>/dev/null <"$1/data/postmaster.pid" && kill -QUIT "$postmaster"
    for try in 1 2 3 4 5 6 7 8 9 10; do grep -q '^State:.[^Z]' "/proc/$postmaster/status" && sleep 0.2; done
    cd / && rm -rf "$1"`
  const child = spawn('sh', ['-c', script, 'sh', folder], {
    ...owner,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()
}

const postmasterOf = (data: string): number =>
  Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])

/** The postmaster and its children. */
function processesOf(data: string): readonly number[] {
  const postmaster = postmasterOf(data)
  return [postmaster, ...childrenOf(postmaster)]
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)

/** The command line of a backend has its user, database and address. */
function isBackend(pid: number): boolean {
  try {
    return / \d+\.\d+\.\d+\.\d+\(\d+\) /.test(
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    )
  } catch {
    return false // it has just ended
  }
}

function isAlive(pid: number): boolean {
  try {
    // A zombie is dead.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
