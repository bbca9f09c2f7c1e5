import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Measured, Wish } from './served.ts'

export const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const

const SERVED = fileURLToPath(new URL('served.ts', import.meta.url))

/** A server in a process of its own, with one user, {@link ADA}. It ends with the test. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  { options = {}, limits = {} }: Partial<Pick<Wish, 'options' | 'limits'>> = {},
) {
  const wish: Wish = { options: { database: 'sqlite::memory:', ...options }, limits, user: ADA }
  const child = fork(SERVED, [JSON.stringify(wish)], { execPath: process.execPath, execArgv: [], silent: true })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[code: number | null]>
  const log = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.text += text
    })
  }
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => Promise.reject(new Error(`the server ended with ${code}: ${log.text}`))),
    ])
    return message
  }
  const { url } = (await answer()) as { url: string }

  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    /** Everything that the process has written. */
    log,
    /** What `work` costs the process. */
    async measure(work: () => Promise<void>): Promise<Measured> {
      child.send('begin')
      await answer()
      await work()
      child.send('end')
      return (await answer()) as Measured
    },
    /** @returns the exit code */
    async stop(): Promise<number | null> {
      child.kill('SIGTERM')
      return (await ended)[0]
    },
  }
}

export type ServerProcess = Awaited<ReturnType<typeof startServer>>
