import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Measured, ServerConfig, Verbs } from './served.ts'

export const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const

const SERVED = fileURLToPath(new URL('served.ts', import.meta.url))

type Answer<Verb extends keyof Verbs> = Awaited<ReturnType<Verbs[Verb]>>

/** Starts a server in a process of its own, with the user {@link ADA}. It is killed at the end of the test. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  overrides: Partial<ServerConfig> = {},
  execArgv: readonly string[] = [],
) {
  const defaults = {
    database: 'sqlite::memory:',
    options: {},
    limits: {},
    user: ADA,
    sabotage: undefined,
    clockSkew: 0,
  }
  const config: ServerConfig = { ...defaults, ...overrides }
  const forkOptions = {
    execPath: process.execPath,
    execArgv: [...execArgv],
    silent: true,
  }
  const child = fork(SERVED, [JSON.stringify(config)], forkOptions)
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[code: number | null]>
  const log = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.text += text
    })
  }
  /** By the number of the message; 0 for a message without a number. */
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  child.on('message', (message: { readonly id?: number }) => {
    waiting.get(message.id ?? 0)?.resolve(message)
    waiting.delete(message.id ?? 0)
  })
  void ended.then(([code]) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the server ended with ${code}: ${log.text}`))
  })
  const answer = (id = 0): Promise<unknown> => {
    const waits = Promise.withResolvers<unknown>()
    waiting.set(id, waits)
    return waits.promise
  }
  let lastId = 0
  const { url } = (await answer()) as { url: string }

  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    /** Everything that the process has printed. */
    log,
    /** Measures the process during `work`. */
    async measure(work: () => Promise<void>): Promise<Measured> {
      child.send('begin')
      await answer()
      await work()
      child.send('end')
      return (await answer()) as Measured
    },
    async administer<Verb extends keyof Verbs>(
      verb: Verb,
      ...args: Parameters<Verbs[Verb]>
    ): Promise<Answer<Verb>> {
      lastId += 1
      const id = lastId
      child.send({ id, verb, args })
      const reply = (await answer(id)) as {
        readonly answer?: unknown
        readonly error?: string
        readonly code?: string
      }
      if (reply.error !== undefined)
        throw Object.assign(new Error(reply.error), { code: reply.code })
      return reply.answer as Answer<Verb>
    },
    /** Like a power cut: nothing is closed. */
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
