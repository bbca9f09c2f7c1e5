import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerOptions } from './server.ts'

/** A server process and its log. */
export interface Subject extends AsyncDisposable {
  readonly port: number
  /** Whether it serves https. */
  readonly secure: boolean
  /** All of standard output and standard error until now. */
  log(): string
}

/** @throws if the process ended before it sent its port */
export async function serve(options: ServerOptions): Promise<Subject> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('server.ts', import.meta.url))],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let log = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text) => (log += text))
  const closed = once(child, 'exit')
  child.send(options)
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { readonly port: number }) => resolve(message.port))
    closed.then(() => reject(new Error(`the server ended:\n${log}`)))
  })
  return {
    port,
    secure: options.scheme === 'session',
    log: () => log,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await closed
    },
  }
}
