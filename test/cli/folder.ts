import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { main } from '../../src/cli/main.ts'

export const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))
export const SECRET = 'a secret of tests, long enough for all of them'
export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

export type Env = Record<string, string>

/** Milliseconds: no test needs as long, on a busy machine either. */
const KILLED_AFTER = 120_000

/** A shared compile cache halves the start of each command. */
const COMPILED = mkdtempSync(join(tmpdir(), 'watchword-compiled-'))
after(() => rmSync(COMPILED, { recursive: true, force: true }))

/** An empty folder to run commands in. Processes that still run at the end of the test are killed. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'watchword-'))
  const running = new Set<ChildProcessWithoutNullStreams>()
  const start = (
    words: readonly string[],
    env: Env = {},
  ): ChildProcessWithoutNullStreams => {
    const child = spawn(process.execPath, [BIN, ...words], {
      cwd: path,
      env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: COMPILED, ...env },
      timeout: KILLED_AFTER,
      killSignal: 'SIGKILL',
    })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }

  /** Runs a command in a process and waits for its exit. */
  async function exec(
    line: string,
    { input = '', env = {} }: { input?: string | Buffer; env?: Env } = {},
  ) {
    const child = start(line.split(' ').filter(Boolean), env)
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    const [out, err] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'close'),
    ])
    return { code: child.exitCode, out, err }
  }

  /** Runs a command in this process, in a tenth of the time. */
  async function run(
    line: string,
    { input = '', env = {} }: { input?: string | Buffer; env?: Env } = {},
  ) {
    const output = { out: '', err: '' }
    const code = await main(line.split(' ').filter(Boolean), {
      env: { WATCHWORD_DATABASE: join(path, 'watchword.db'), ...env },
      stdin: Readable.from([Buffer.from(input)]),
      stdout: sink((text) => (output.out += text)),
      stderr: sink((text) => (output.err += text)),
    })
    return { code, ...output }
  }

  /** Starts a server and waits until it listens. */
  async function server(line: string, env: Env = {}) {
    const child = start(line.split(' '), env)
    const output = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
    const ended = once(child, 'close')
    await Promise.race([once(child.stdout, 'data'), ended])
    assert.equal(child.exitCode, null, output.err)
    const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      await ended
      return child.exitCode
    }
    return {
      output,
      stop,
      url: /http:\/\/[\w.:]+/.exec(output.out)?.[0] ?? '',
      [Symbol.asyncDispose]: async () => void (await stop()),
    }
  }

  const dispose = (): void => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(path, { recursive: true, force: true })
  }
  return { path, exec, run, start, server, [Symbol.dispose]: dispose }
}

const sink = (take: (text: string) => void): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      take(String(chunk))
      done()
    },
  })

export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

export const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', connection: 'close' },
  })

export interface Pair {
  readonly access: string
  readonly refresh: string
}

export async function signIn(
  url: string,
  username: string,
  password: string,
): Promise<Pair> {
  const answer = await post(`${url}/api/token/`, { username, password })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Pair
}

export const hello = (url: string, { access }: Pair): Promise<Response> =>
  fetch(`${url}/hello/`, {
    headers: { authorization: `Bearer ${access}`, connection: 'close' },
  })

/** A message for people: not a stack trace, and not the message for unexpected errors. */
export function assertMessage(err: string, message: RegExp): void {
  assert.match(err, message)
  assert.doesNotMatch(err, /^\s+at /m)
  assert.doesNotMatch(err, /Unexpected error/)
}

export const GENERATED = /^Generated token ([0-9a-f]{40}) for user ada\n$/
