import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SessionSettings } from '../../src/sessions/session-manager.ts'
import type { Verbs, WorkerOptions } from './session-worker.ts'

type Answer<Verb extends keyof Verbs> = Awaited<ReturnType<Verbs[Verb]>>

/** A process that shares a database with others, and runs `session-worker.ts`. */
export interface SessionWorker {
  ask<Verb extends keyof Verbs>(
    verb: Verb,
    ...args: Parameters<Verbs[Verb]>
  ): Promise<Answer<Verb>>
  /** SIGKILL: nothing is closed. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const WORKER = fileURLToPath(new URL('session-worker.ts', import.meta.url))

export function startSessionWorker(
  database: string,
  terms: SessionSettings,
  {
    sabotage,
    clockSkew = 0,
  }: Partial<Pick<WorkerOptions, 'sabotage' | 'clockSkew'>> = {},
): SessionWorker {
  const options: WorkerOptions = { database, terms, sabotage, clockSkew }
  const child = fork(WORKER, [JSON.stringify(options)], {
    serialization: 'advanced',
    execPath: process.execPath,
    execArgv: [],
  })
  const waiting = new Map<
    number,
    { resolve(answer: unknown): void; reject(error: unknown): void }
  >()
  let lastId = 0

  child.on('message', (message: { id: number; answer?: unknown; error?: string }) => {
    const waits = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) waits?.resolve(message.answer)
    else waits?.reject(new Error(message.error))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the process ended with ${code}`))
  })

  return {
    ask: (verb, ...args) =>
      new Promise((resolve, reject) => {
        lastId += 1
        waiting.set(lastId, { resolve: resolve as (answer: unknown) => void, reject })
        child.send({ id: lastId, verb, args })
      }),
    kill: () => ended(child, () => child.kill('SIGKILL')),
    stop: () => ended(child, () => child.disconnect()),
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  end()
  await exit
}

/** A moment far enough ahead for all processes to get the message, in milliseconds as `Date.now()` has them. */
export const soon = (): number => Date.now() + 15
