import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RecordedConfig } from './configs.ts'
import type { State, Subject } from './conversation.ts'
import type { Command } from './server.ts'

/** A server process of watchword and its log. */
export interface Served extends Subject {
  stop(): Promise<void>
  /** Standard output and standard error so far. */
  log(): string
}

interface Message {
  readonly id?: number
  readonly port?: number
  readonly refused?: string
  readonly result?: unknown
  readonly error?: string
}

/** A compile cache for all processes of a run. */
const compiled = mkdtempSync(join(tmpdir(), 'watchword-compiled-'))
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }))

/** Starts a server. @returns the message if it refuses to start. @throws if it exits without one */
export async function serve(
  name: string,
  config: RecordedConfig,
): Promise<Served | { readonly refused: string }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('server.ts', import.meta.url)), JSON.stringify(config)],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let log = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text) => (log += text))
  const closed = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await closed
  }

  const waiting = new Map<number, (message: Message) => void>()
  const first = new Promise<Message>((resolve, reject) => {
    closed.then(() => {
      const error = `the server of configuration ${name} ended:\n${log}`
      reject(new Error(error))
      for (const answer of waiting.values()) answer({ error })
    })
    child.on('message', (message: Message) => {
      if (message.id === undefined) resolve(message)
      else waiting.get(message.id)?.(message)
    })
  })
  const { port, refused } = await first
  if (refused !== undefined) {
    await stop()
    return { refused }
  }

  let count = 0
  const call = async (command: Command): Promise<unknown> => {
    const id = count++
    const answer = new Promise<Message>((resolve) => {
      waiting.set(id, resolve)
      child.send({ id, command })
    })
    const { result, error } = await answer
    waiting.delete(id)
    if (error !== undefined) throw new Error(error)
    return result
  }
  return {
    port: port!,
    stop,
    log: () => log,
    reset: async () => void (await call({ op: 'reset' })),
    flush: async () => void (await call({ op: 'flush' })),
    putUser: async (name, set) => void (await call({ op: 'putUser', name, set })),
    deleteUser: async (name) => void (await call({ op: 'deleteUser', name })),
    state: async () => (await call({ op: 'state' })) as State,
  }
}
