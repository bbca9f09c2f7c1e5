import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Measured, Verbs, Wish } from './served.ts'

export const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const

const SERVED = fileURLToPath(new URL('served.ts', import.meta.url))

type Answer<Verb extends keyof Verbs> = Awaited<ReturnType<Verbs[Verb]>>

/** A server in a process of its own, with one user, {@link ADA}. It ends with the test. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  wishes: Partial<Wish> = {},
  execArgv: readonly string[] = [],
) {
  const usual = {
    database: 'sqlite::memory:',
    options: {},
    limits: {},
    user: ADA,
    sabotage: undefined,
    skew: 0,
  }
  const wish: Wish = { ...usual, ...wishes }
  const terms = { execPath: process.execPath, execArgv: [...execArgv], silent: true }
  const child = fork(SERVED, [JSON.stringify(wish)], terms)
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[code: number | null]>
  const log = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.text += text
    })
  }
  /** Who waits for an answer: 0 for the one to a message without a number. */
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  child.on('message', (message: { readonly n?: number }) => {
    waiting.get(message.n ?? 0)?.resolve(message)
    waiting.delete(message.n ?? 0)
  })
  void ended.then(([code]) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the server ended with ${code}: ${log.text}`))
  })
  const answer = (n = 0): Promise<unknown> => {
    const waits = Promise.withResolvers<unknown>()
    waiting.set(n, waits)
    return waits.promise
  }
  let asked = 0
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
    async administer<Verb extends keyof Verbs>(
      verb: Verb,
      ...its: Parameters<Verbs[Verb]>
    ): Promise<Answer<Verb>> {
      asked += 1
      const n = asked
      child.send({ n, verb, its })
      const said = (await answer(n)) as {
        readonly answer?: unknown
        readonly error?: string
      }
      if (said.error !== undefined) throw new Error(said.error)
      return said.answer as Answer<Verb>
    },
    /** As a power cut would: nothing is closed. */
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
    /** @returns the exit code */
    async stop(): Promise<number | null> {
      child.kill('SIGTERM')
      return (await ended)[0]
    },
  }
}

export type ServerProcess = Awaited<ReturnType<typeof startServer>>
